import type { TileId } from '../../src/shared/tile';
import type { EdgeLayer } from './plan';
import { isVersioned, tileUrl } from './edge-layer';

/** Options of the check that follows a publication. */
export interface VerifyOptions {
  /** Tiles that are asked for. @default 3 */
  samples?: number;
  /** Seconds from the start of the purge until the edge must have let go of every sample; longer fails the step. @default no limit */
  limit?: number;
  /** Seconds after which the check gives up. @default 30 */
  timeout?: number;
  /** What the edge's response says of itself. @default reads CF-Cache-Status, X-Cache-Status, X-Cache and Cache-Status */
  edgeStatus?: (response: Response) => 'hit' | 'miss' | undefined;
  /** Sent along, for an edge that lets nobody else in. */
  headers?: Record<string, string>;
}

/** What the check saw. */
export interface VerifyResult {
  ok: boolean;
  samples: number;
  /** Seconds from the start of the purge until the last sample came from the origin anew. */
  purgeLatency?: number;
  detail: string;
}

/** What is passed in. */
export interface VerifyEffects {
  fetch: typeof fetch;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
}

const FIRST_PAUSE = 0.05;
const LONGEST_PAUSE = 0.25;

/** What is looked for. */
export interface VerifyTask {
  layer: string;
  edge: EdgeLayer;
  tiles: readonly TileId[];
  version: string;
  /** The version that tiles bore before; the same one where a further part of it was published. */
  previous?: string | undefined;
  /** Epoch milliseconds. */
  purgedAt: number;
}

/**
 * Asks the edge for each sample until it answers with a MISS (or already with the new version), then with a HIT of the new version.
 * A versioned URL of the new version never lay at the edge: there the previous version's URL is asked for too, it must be gone.
 */
export async function verifyEdge(
  task: VerifyTask,
  options: VerifyOptions,
  effects: VerifyEffects,
): Promise<VerifyResult> {
  const { edge, tiles, version, previous, purgedAt } = task;
  const { limit = Infinity, timeout = 30 } = options;
  const samples = tiles.length;
  if (samples === 0)
    return { ok: false, samples, detail: 'nothing was asked for: no sample, or none of the zooms exists at the edge' };
  const endsAt = effects.now() + timeout * 1000;
  const old = isVersioned(edge) && previous !== undefined && previous !== version ? previous : undefined;
  const urls = [version, ...(old === undefined ? [] : [old])].flatMap((each) =>
    tiles.map((tile) => tileUrl(edge, task.layer, tile, each)),
  );
  const seen = await Promise.all(
    urls.map((url, i) => follow(url, { ...task, old: i >= samples }, endsAt, options, effects)),
  );
  const failed = seen.findIndex((result) => typeof result === 'string');
  if (failed >= 0) return { ok: false, samples, detail: `${urls[failed]}: ${seen[failed] as string}` };
  const sights = seen as Sight[];
  const purgeLatency = Math.max(0, ...sights.map(({ freshAt }) => (freshAt - purgedAt) / 1000));
  if (purgeLatency > limit) {
    return {
      ok: false,
      samples,
      purgeLatency,
      detail: `the purge took ${purgeLatency.toFixed(3)} s, the limit is ${limit} s`,
    };
  }
  const gone = old === undefined ? '' : `; the samples of ${old} are gone`;
  return { ok: true, samples, purgeLatency, detail: `${summary(sights.slice(0, samples))}${gone}` };
}

/** A sample that came from the origin anew. */
interface Sight {
  freshAt: number;
  saw: string;
}

function summary(sights: Sight[]): string {
  const counts = new Map<string, number>();
  for (const { saw } of sights) counts.set(saw, (counts.get(saw) ?? 0) + 1);
  return [...counts]
    .map(([saw, count]) => `${count === sights.length ? 'every sample' : `${count} of ${sights.length}`}: ${saw}`)
    .join('; ');
}

/** When the edge first answered anew and how, or why it never did. `old`: the URL is the previous version's. */
async function follow(
  url: string,
  task: VerifyTask & { old: boolean },
  endsAt: number,
  options: VerifyOptions,
  { fetch, now, sleep }: VerifyEffects,
): Promise<Sight | string> {
  const { version, old } = task;
  const edgeStatus = options.edgeStatus ?? statusFromHeaders;
  let freshAt: number | undefined;
  let missed = false;
  let last = 'no answer';
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    const response = await fetch(url, {
      ...(options.headers && { headers: options.headers }),
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    const status = response && edgeStatus(response);
    const label = response?.headers.get('x-tile-version') ?? undefined;
    if (response !== undefined && response.status < 500) {
      const age = Number(response.headers.get('age') ?? NaN);
      missed ||= status === 'miss';
      if (isAnew({ status, label, storedAt: now() - (age + 1) * 1000 }, task)) freshAt ??= now();
      // An edge that says nothing of itself is believed when the version is right.
      if (freshAt !== undefined && (old || ((label ?? version) === version && status !== 'miss'))) {
        return {
          freshAt,
          saw:
            status === undefined ? 'labels right, no cache seen' : missed ? 'MISS, then HIT' : 'HIT of the new version',
        };
      }
    }
    last = response ? `${response.status}, edge ${status ?? 'unknown'}, version ${label ?? 'none'}` : 'no answer';
    if (now() + pause * 1000 > endsAt)
      return freshAt === undefined ? `the old tile is still there (${last})` : `never a HIT (${last})`;
    await sleep(pause);
  }
}

interface Answer {
  status: 'hit' | 'miss' | undefined;
  label: string | undefined;
  /** Not stored before this instant; NaN where the edge tells no age. */
  storedAt: number;
}

/** The answer cannot be what lay at the edge before the purge. */
function isAnew(
  { status, label, storedAt }: Answer,
  { version, previous, purgedAt, old }: VerifyTask & { old: boolean },
): boolean {
  if (old) return label === version || status === 'miss' || (label === undefined && status === undefined);
  // The label was right before: only the edge itself can tell.
  if (previous === version) return status !== 'hit' || storedAt >= purgedAt;
  // Someone else may have fetched the tile anew already: the new version proves as much as a MISS.
  return label === version || (label === undefined && status === 'miss');
}

/** Understands what the usual edges say of a response. */
export function statusFromHeaders({ headers }: Response): 'hit' | 'miss' | undefined {
  const value =
    headers.get('cf-cache-status') ??
    headers.get('x-cache-status') ??
    headers.get('x-cache') ??
    headers.get('cache-status');
  if (value === null) return undefined;
  // Of several caches the last word is the nearest one's.
  const nearest = value.split(',').at(-1) ?? '';
  if (/\b(miss|expired|bypass|dynamic|fwd)\b/i.test(nearest)) return 'miss';
  return /\b(hit|stale|updating|revalidated)\b/i.test(nearest) ? 'hit' : undefined;
}
