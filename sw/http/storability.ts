import type { ResolvedLayer } from '../../src/shared/layer-options';
import { parseCacheControl } from './cache-control';
import { entityTag } from './entity-tags';
import { heuristicallyCacheable } from './freshness';
import type { RequestPolicy } from './request-directives';
import { selectingFields } from './vary';

export type Storability = { store: true } | { store: false; reason: string };

/** Statuses whose caching requirements in RFC 9110 this cache meets, for must-understand (RFC 9111 section 5.2.2.3). */
const UNDERSTOOD = /^(20[0-5]|30[0-378]|40\d|41[0-7]|42[126]|50[0-5])$/;
/** Statuses that are never stored. "MUST NOT be stored by a cache": RFC 6585 sections 3, 5 and 6. */
const NEVER = /^(206|304|428|431|511)$/;

/** Decides whether a private cache may store this response (RFC 9111 section 3). `checkBody` checks the body. */
export function mayStore(
  request: Pick<RequestPolicy, 'method' | 'noStore'>,
  response: { status: number; headers: Headers; type?: ResponseType },
  layer: ResolvedLayer,
): Storability {
  const { status, headers, type } = response;
  const no = (reason: string): Storability => ({ store: false, reason });
  if (request.method !== 'GET') return no('method');
  if (request.noStore) return no('request no-store');
  if (type === 'opaque') return layer.opaque ? { store: true } : no('opaque');
  if (NEVER.test(`${status}`) || status < 200 || status > 599) return no(`status ${status}`);
  const control = parseCacheControl(headers.get('cache-control'));
  // must-understand allows a cache that knows the status to ignore an accompanying no-store.
  if (control.mustUnderstand ? !UNDERSTOOD.test(`${status}`) : control.noStore) {
    return no(control.mustUnderstand ? 'must-understand' : 'no-store');
  }
  if (selectingFields(layer, headers).includes('*')) return no('vary *');
  if (control.noCache === true && !entityTag(headers) && !headers.has('last-modified'))
    return no('no-cache without a validator');
  const allowed =
    heuristicallyCacheable(status) ||
    control.public ||
    control.private ||
    control.maxAge !== undefined ||
    headers.has('expires');
  return allowed ? { store: true } : no(`status ${status} without explicit freshness`);
}

const NOT_STORED = /^(connection|keep-alive|proxy-.+|te|trailer|transfer-encoding|upgrade)$/;

/**
 * The headers of a response that may be stored (RFC 9111 section 3.1): all except those of the connection, those of
 * proxies, and those that no-cache names, which a cache may not reuse without validation.
 */
export function storableHeaders(headers: Headers): Headers {
  const { noCache } = parseCacheControl(headers.get('cache-control'));
  const named = [
    ...(Array.isArray(noCache) ? noCache : []),
    ...(headers.get('connection') ?? '').toLowerCase().split(/[\s,]+/),
  ];
  return new Headers([...headers].filter(([name]) => !NOT_STORED.test(name) && !named.includes(name)));
}
