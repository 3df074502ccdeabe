import { credentialsIn } from '../http/credentials';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { RequestPolicy } from '../http/request-directives';

/** What the HTTP cache beneath the worker may do with a request (Fetch standard, `Request.cache`). */
export type HttpCacheMode = 'default' | 'no-cache' | 'reload' | 'no-store';

/** All that decides it; docs/decisions/003 says why. */
export interface BeneathInput {
  /** Its answer is one user's: see `isPrivate`. */
  private: boolean;
  /** A rule, switch or clearing has held the tile, or the ledger was lost: what lies beneath may be older. */
  ruled: boolean;
  /** Something is stored under the key, so that this is a validation. */
  stored: boolean;
  request: Pick<RequestPolicy, 'noStore' | 'reload' | 'noCache'>;
  /** `reload`: the last body was no tile. `settled`: it was refused twice alike, which is what there is. */
  suspect: 'reload' | 'settled' | undefined;
}

/** The HTTP cache beneath knows neither rules nor users: where those matter it has to ask, or is left out. */
export function httpCacheMode({ private: own, ruled, stored, request, suspect }: BeneathInput): HttpCacheMode {
  if (own || request.noStore) return 'no-store';
  if (request.reload || suspect === 'reload') return 'reload';
  // Never more requests than without a worker: what was refused twice alike is no reason to ask again.
  if (suspect === 'settled' && !request.noCache) return ruled ? 'no-cache' : 'default';
  return request.noCache || ruled || stored ? 'no-cache' : 'default';
}

/**
 * True where an answer must leave nothing in the HTTP cache beneath, nor come out of it. It keys by the URL alone: one
 * user's answer to a request with credentials in its headers would be another's. A secret in the URL of another origin
 * stays with those who know the URL, and there only the HTTP cache can validate without a preflight.
 */
export function isPrivate(
  request: Pick<Request, 'url' | 'headers'>,
  { layer, secrets }: Pick<TileAddress, 'layer' | 'secrets'>,
  origin: string,
): boolean {
  if (layer.partition !== undefined || credentialsIn(request.headers, layer.ignoreParams) !== '') return true;
  return secrets !== '' && request.url.startsWith(`${origin}/`);
}
