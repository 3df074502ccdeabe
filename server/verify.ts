import type { TileId } from '../src/shared/tile';
import type { EdgeLayer } from './plan';
import { tileUrl } from './plan';

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

/** Asks the edge for each sample until it answers with a MISS (or already with the new version), then with a HIT of the new version. */
export async function verifyEdge(
  { edge, tiles, version, purgedAt }: { edge: EdgeLayer; tiles: readonly TileId[]; version: string; purgedAt: number },
  options: VerifyOptions,
  effects: VerifyEffects,
): Promise<VerifyResult> {
  const { limit = Infinity, timeout = 30 } = options;
  const endsAt = effects.now() + timeout * 1000;
  const urls = tiles.map((tile) => tileUrl(edge.template, tile, version));
  const seen = await Promise.all(urls.map((url) => follow(url, version, endsAt, options, effects)));
  const failed = seen.findIndex((result) => typeof result === 'string');
  if (failed >= 0) return { ok: false, samples: tiles.length, detail: `${urls[failed]}: ${seen[failed] as string}` };
  const purgeLatency = Math.max(0, ...seen.map((result) => ((result as { freshAt: number }).freshAt - purgedAt) / 1000));
  const ok = purgeLatency <= limit;
  const detail = ok ? 'every sample was a MISS, then a HIT' : `the purge took ${purgeLatency.toFixed(3)} s, the limit is ${limit} s`;
  return { ok, samples: tiles.length, purgeLatency, detail };
}

/** When the edge first answered anew, or why it never did. */
async function follow(
  url: string, version: string, endsAt: number, options: VerifyOptions, { fetch, now, sleep }: VerifyEffects,
): Promise<{ freshAt: number } | string> {
  const edgeStatus = options.edgeStatus ?? statusFromHeaders;
  let freshAt: number | undefined;
  let last = 'no answer';
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    const response = await fetch(url, { ...(options.headers && { headers: options.headers }), signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    const status = response && edgeStatus(response);
    const label = response?.headers.get('x-tile-version');
    const sound = response !== undefined && response.status < 500;
    // Someone else may have fetched the tile anew already: the new version proves as much as a MISS.
    if (sound && (label === version || (label == null && status === 'miss'))) freshAt ??= now();
    // An edge that says nothing of itself is believed when the version is right.
    if (sound && freshAt !== undefined && (label ?? version) === version && status !== 'miss') return { freshAt };
    last = response ? `${response.status}, edge ${status ?? 'unknown'}, version ${label ?? 'none'}` : 'no answer';
    if (now() + pause * 1000 > endsAt) return freshAt === undefined ? `the old tile is still there (${last})` : `never a HIT (${last})`;
    await sleep(pause);
  }
}

/** Understands what the usual edges say of a response. */
export function statusFromHeaders({ headers }: Response): 'hit' | 'miss' | undefined {
  const value = headers.get('cf-cache-status') ?? headers.get('x-cache-status') ?? headers.get('x-cache') ?? headers.get('cache-status');
  if (value === null) return undefined;
  // Of several caches the last word is the nearest one's.
  const nearest = value.split(',').at(-1) ?? '';
  if (/\b(miss|expired|bypass|dynamic|fwd)\b/i.test(nearest)) return 'miss';
  return /\b(hit|stale|updating|revalidated)\b/i.test(nearest) ? 'hit' : undefined;
}
