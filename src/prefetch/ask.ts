import type { MapRequest, TileSupply } from '../adapters/supply';
import { bulkForbidden } from '../shared/bulk-forbidden';
import { type Verdict, readAnswer } from './answer';
import type { Want } from './plan';
import { stepUrl } from './step-url';
import type { TimeSteps } from './types';

/** The parts of the browser that requests use. */
export interface AskTools {
  fetch: typeof fetch;
  now(): number;
  /** The page's own URL. */
  href: string;
}

/** The outcome for one tile. `nothing`: no request was made. */
export type Asked = { kind: 'nothing' | 'terms' | 'broken' | 'aborted' } | (Verdict & { bytes: number });

/** Requests tiles as the map would. */
export interface Asker {
  /** Requests one tile. Never rejects. */
  ask(want: Want, signal: AbortSignal): Promise<Asked>;
  /** Selects the value in the tile URLs that steps replace. */
  steps: Pick<TimeSteps, 'param' | 'current'>;
  /** Forgets which tiles were requested, because they may be old. */
  forget(): void;
  /** The number of requests made so far. */
  readonly asked: number;
}

/** Milliseconds for which an answer is remembered, to avoid requests that the worker would answer from its store. */
const REMEMBERED = 300_000;
const MOST = 5000;

/** Creates an asker. `bulk`: names of providers to prefetch from although their public terms forbid it. */
export function createAsker(supply: TileSupply, bulk: readonly string[], tools: AskTools): Asker {
  const { fetch, now, href } = tools;
  const known = new Map<string, number>();
  let asked = 0;
  /** Whether this package's worker has answered. Before that, a custom header might cause a preflight. */
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
