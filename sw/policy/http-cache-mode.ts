import { credentialsIn } from '../http/credentials';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { RequestPolicy } from '../http/request-directives';

/** How the browser's HTTP cache, beneath the worker, treats a request (Fetch standard, `Request.cache`). */
export type HttpCacheMode = 'default' | 'no-cache' | 'reload' | 'no-store';

/** The inputs that decide the mode; docs/decisions/003 gives the reasons. */
export interface CacheModeInput {
  /** The answer belongs to one user: see `isPrivate`. */
  private: boolean;
  /** A rule, switch or clearing covered the tile, or the ledger was lost: the HTTP cache may hold an older answer. */
  ruled: boolean;
  /** A response is stored under the key, so this request validates it. */
  stored: boolean;
  request: Pick<RequestPolicy, 'noStore' | 'reload' | 'noCache'>;
  /**
   * `reload`: the last body was no tile. `settled`: the worker refused the same body twice, so the origin has no other.
   */
  suspect: 'reload' | 'settled' | undefined;
}

/** The HTTP cache knows neither rules nor users. If those matter, it must ask the origin, or the worker bypasses it. */
export function httpCacheMode({ private: own, ruled, stored, request, suspect }: CacheModeInput): HttpCacheMode {
  if (own || request.noStore) return 'no-store';
  if (request.reload || suspect === 'reload') return 'reload';
  // Never send more requests than the page would without a worker: two identical refusals are no reason to ask again.
  if (suspect === 'settled' && !request.noCache) return ruled ? 'no-cache' : 'default';
  return request.noCache || ruled || stored ? 'no-cache' : 'default';
}

/**
 * True if an answer must neither enter the HTTP cache nor come from it. The HTTP cache uses only the URL as its key: it
 * would give one user's answer to a request with credentials in its headers to another user. A secret in the URL of
 * another origin stays with those who know the URL, and across origins only the HTTP cache can validate without a
 * preflight.
 */
export function isPrivate(
  request: Pick<Request, 'url' | 'headers'>,
  { layer, secrets }: Pick<TileAddress, 'layer' | 'secrets'>,
  origin: string,
): boolean {
  if (layer.partition !== undefined || credentialsIn(request.headers, layer.ignoreParams) !== '') return true;
  return secrets !== '' && request.url.startsWith(`${origin}/`);
}
