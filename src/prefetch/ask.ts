import type { MapRequest, TileSupply } from '../adapters/supply';
import { bulkForbidden } from '../shared/bulk-forbidden';
import { type Verdict, readAnswer } from './answer';
import type { Want } from './plan';
import { stepUrl } from './step-url';
import type { TimeSteps } from './types';

/** What asking takes from the browser. */
export interface AskTools {
  fetch: typeof fetch;
  now(): number;
  /** The page's own address. */
  href: string;
}

/** What became of one want. `nothing`: no request was made. */
export type Asked = { kind: 'nothing' | 'terms' | 'broken' | 'aborted' } | (Verdict & { bytes: number });

/** Asks for tiles as the map would. */
export interface Asker {
  /** Never rejects. */
  ask(want: Want, signal: AbortSignal): Promise<Asked>;
  /** Which value of the tile URLs the steps take the place of. */
  steps: Pick<TimeSteps, 'param' | 'current'>;
  /** What was asked for may be old. */
  forget(): void;
  /** Requests made so far. */
  readonly asked: number;
}

/** Milliseconds for which an answer is remembered: the worker would answer the same from its store, but it would be asked. */
const REMEMBERED = 300_000;
const MOST = 5000;

/** Creates an asker. `bulk`: providers that may be asked in advance. */
export function createAsker(supply: TileSupply, bulk: readonly string[], tools: AskTools): Asker {
  const { fetch, now, href } = tools;
  const known = new Map<string, number>();
  let asked = 0;
  /** A worker of ours has answered. Before that, a header of ours might preflight. */
  let proven = false;

  const requestOf = async (want: Want): Promise<MapRequest | undefined> => {
    const request = await supply.request(want.tile);
    if (!request || want.step === undefined) return request;
    const url = stepUrl(request.url, asker.steps, want.step);
    return url === undefined ? undefined : { ...request, url };
  };

  const send = async ({ url, init }: MapRequest, signal: AbortSignal): Promise<Verdict & { bytes: number }> => {
    const headers = new Headers(init.headers);
    if (proven || new URL(url, href).origin === new URL(href).origin) headers.set('purpose', 'prefetch');
    const response = await fetch(url, { ...init, headers, signal, priority: 'low' });
    const verdict = readAnswer(response, now());
    if (verdict.kind !== 'foreign') proven = true;
    const { byteLength } = await response.arrayBuffer();
    return { ...verdict, bytes: verdict.kind === 'fetched' ? byteLength : 0 };
  };

  const asker: Asker = {
    steps: {},
    get asked() {
      return asked;
    },
    forget: () => known.clear(),
    async ask(want, signal) {
      try {
        const request = await requestOf(want);
        const url = request && URL.canParse(request.url, href) ? new URL(request.url, href) : undefined;
        if (signal.aborted) return { kind: 'aborted' };
        if (!request || !url || !/^https?:$/.test(url.protocol)) return { kind: 'nothing' };
        const provider = bulkForbidden(url.href);
        if (provider && !bulk.includes(provider)) return { kind: 'terms' };
        if (now() - (known.get(url.href) ?? -Infinity) < REMEMBERED) return { kind: 'nothing' };
        asked++;
        const answer = await send(request, signal);
        if (answer.kind === 'hit' || answer.kind === 'fetched') {
          known.delete(url.href);
          known.set(url.href, now());
          if (known.size > MOST) known.delete(known.keys().next().value!);
        }
        return answer;
      } catch {
        return { kind: signal.aborted ? 'aborted' : 'broken' };
      }
    },
  };
  return asker;
}
