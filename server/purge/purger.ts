import { TileCacheError } from '../../src/shared/errors';

/** What a CDN is to drop. With `urls` those suffice; else everything that bears one of the tags. */
export interface PurgeRequest {
  /** The layer's name. */
  layer: string;
  /** Cache tags to purge. */
  tags: readonly string[];
  /** URLs to purge. */
  urls?: readonly string[];
}

/** What a purge took. */
export interface PurgeResult {
  /** Requests that were sent, retries counted. */
  requests: number;
  /** How often it was tried again. */
  retries: number;
  /** What else is to be known, such as that nothing was there to be purged. */
  detail?: string;
}

/** One CDN or edge cache. `purge` rejects with `NETWORK_FAILED` after its last retry. */
export interface Purger {
  /** The CDN's name in reports and metrics. */
  readonly name: string;
  /** False: it finds tiles without cache tags, so that nothing is amiss where responses bear none. @default true */
  readonly byTag?: boolean;
  /** True: it finds tiles by `zoomTag`, too, so that a large layer can be purged zoom by zoom. @default false */
  readonly byZoom?: boolean;
  /** Purges; rejects where the CDN did not take it. */
  purge(request: PurgeRequest): Promise<PurgeResult>;
}

/** What is passed in for tests, and how often a purger asks. */
export interface PurgeOptions {
  /** @default globalThis.fetch */
  fetch?: typeof fetch;
  /** Epoch milliseconds. @default Date.now */
  now?: () => number;
  /** Waits so many seconds. @default by setTimeout */
  sleep?: (seconds: number) => Promise<void>;
  /** 0 to 1, for the jitter. @default Math.random */
  random?: () => number;
  /** Tries of one request. @default 5 */
  attempts?: number;
  /** Seconds that one request may take. @default 10 */
  timeout?: number;
  /** Requests a second at most, at each instance where there are several. @default by CDN */
  requestsPerSecond?: number;
  /** Seconds that a purge may take with all its waits, at each instance by itself; a longer Retry-After ends it at once. @default 120 */
  patience?: number;
}

/** Cuts a list into pieces of at most `size`. */
export function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** The error of a CDN that did not purge. Names no token: only the CDN, the status and its own short words. */
export function purgeFailed(name: string, why: string, cause?: unknown): TileCacheError {
  return new TileCacheError(
    {
      code: 'NETWORK_FAILED',
      message: `${name}: ${why.slice(0, 1000)}`,
      remedy: 'Check the credentials and limits of the CDN, then publish again with the same id.',
    },
    { cause },
  );
}
