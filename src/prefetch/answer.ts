import { CACHE_NAME } from '../shared/cache-status';
import { retryAfter } from '../shared/retry-after';

/** The outcome of a prefetch request. */
export interface Verdict {
  /**
   * `failed`: the origin cannot answer now. `dropped`: the worker gave priority to other requests. `foreign`: the
   * answer did not come from this package's worker.
   */
  kind: 'hit' | 'fetched' | 'failed' | 'dropped' | 'foreign';
  /** Whether the tile is now in the store, so that the map will find it. */
  stored: boolean;
  /** Milliseconds that the server asks to wait (Retry-After). */
  after?: number | undefined;
}

/** Statuses below 500 that mean "not now". */
const BUSY = [408, 425, 429];

/** Reads an answer's status and its `Cache-Status` (RFC 9211), whose last member is the worker's. */
export function readAnswer({ status, headers }: Pick<Response, 'status' | 'headers'>, now: number): Verdict {
  const [name = '', ...said] = (headers.get('cache-status')?.split(',').at(-1) ?? '').split(';').map((s) => s.trim());
  if (name !== CACHE_NAME) return { kind: 'foreign', stored: false };
  if (said.includes('detail=dropped') || said.includes('detail=aborted')) return { kind: 'dropped', stored: false };
  if (BUSY.includes(status) || status >= 500) return { kind: 'failed', stored: false, after: retryAfter(headers, now) };
  const hit = said.includes('hit');
  // A tile that the origin does not have (404, 204 …) counts as stored.
  return { kind: hit ? 'hit' : 'fetched', stored: hit || status !== 200 || said.includes('stored') };
}
