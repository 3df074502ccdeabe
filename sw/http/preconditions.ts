import { entityTag, weakMatch } from './entity-tags';
import { parseHttpDate } from './dates';
import type { RequestPolicy } from './request-directives';
import type { StoredResponse } from './stored-response';

/**
 * True if a stored response that may be served answers the page's own If-None-Match or If-Modified-Since with 304
 * (RFC 9111 section 4.3.2). False for a request without them and for a stored status other than 200.
 */
export function answersNotModified(
  request: Pick<RequestPolicy, 'ifNoneMatch' | 'ifModifiedSince'>,
  stored: Pick<StoredResponse, 'status' | 'headers' | 'responseAt'>,
): boolean {
  const { ifNoneMatch, ifModifiedSince } = request;
  const { status, headers, responseAt } = stored;
  if (status !== 200) return false;
  // If-None-Match takes precedence over If-Modified-Since (RFC 9110 section 13.1.3).
  if (ifNoneMatch !== null) {
    if (ifNoneMatch.trim() === '*') return true;
    const tag = entityTag(headers);
    const asked = ifNoneMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
    return asked.some((one) => weakMatch(one, tag));
  }
  const dateOf = (value: string | null) => parseHttpDate(value, responseAt);
  const since = dateOf(ifModifiedSince);
  if (since === undefined) return false;
  // Without Last-Modified the Date counts, and without Date the time of arrival (RFC 9111 section 4.3.2).
  const modifiedAt = dateOf(headers.get('last-modified')) ?? dateOf(headers.get('date')) ?? responseAt;
  return modifiedAt <= since;
}

/** The headers of the 304: those of the 200 without the ones that describe a body (RFC 9110 section 15.4.5). */
export function notModifiedHeaders(stored: Headers): Headers {
  const headers = new Headers(stored);
  for (const name of ['content-length', 'content-encoding', 'content-type', 'content-language', 'content-range'])
    headers.delete(name);
  return headers;
}
