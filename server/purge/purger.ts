import { TileCacheError } from '../../src/shared/errors';

/** The content that a CDN must drop: the URLs if `urls` is given, else everything with one of the tags. */
export interface PurgeRequest {
  /** The layer's name. */
  layer: string;
  /** Cache tags to purge. */
  tags: readonly string[];
  /** URLs to purge. */
  urls?: readonly string[];
}

/** The result of a purge. */
export interface PurgeResult {
  /** The number of requests sent, including retries. */
  requests: number;
  /** The number of retries. */
  retries: number;
  /** Further information in words, for example that there was nothing to purge. */
  detail?: string;
}

/** One CDN or edge cache. `purge` rejects with `NETWORK_FAILED` after its last retry. */
export interface Purger {
  /** The CDN's name in reports and metrics. */
  readonly name: string;
  /** Whether the CDN finds tiles by cache tags. If `false`, checks do not expect tags in responses. @default true */
  readonly byTag?: boolean;
  /** Whether the CDN finds tiles by `zoomTag`, too, so that a large layer can be purged zoom by zoom. @default false */
  readonly byZoom?: boolean;
  /** Purges. Rejects with `NETWORK_FAILED` if the CDN did not confirm the purge. */
  purge(request: PurgeRequest): Promise<PurgeResult>;
}

/** Options of every purger: effects to replace in tests, and limits. */
export interface PurgeOptions {
  /** The `fetch` that sends the requests. @default globalThis.fetch */
  fetch?: typeof fetch;
  /** Returns the current time in epoch milliseconds. @default Date.now */
  now?: () => number;
  /** Waits for the given number of seconds. @default by setTimeout */
  sleep?: (seconds: number) => Promise<void>;
  /** Returns a random number from 0 to 1, for the jitter of retries. @default Math.random */
  random?: () => number;
  /** Attempts for one request, including the first. @default 5 */
  attempts?: number;
  /** Seconds that one request may take. @default 10 */
  timeout?: number;
  /** Maximum number of requests per second; with several instances, for each of them. @default by CDN */
  requestsPerSecond?: number;
  /**
   * Seconds that a purge may take, including all waits; with several instances, for each of them. A longer Retry-After
   * ends the purge at once.
   * @default 120
   */
  patience?: number;
}

/** Splits a list into pieces of at most `size` items. */
export function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Creates the error for a failed purge. It contains the CDN's name, the status and a short quotation, but no token. */
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
