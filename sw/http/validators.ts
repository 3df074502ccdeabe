import { entityTag, isStrongDate, matchesDecoded, weakMatch, withoutCoding } from './entity-tags';
import { storableHeaders } from './storability';
import { varyFields } from './vary';
import type { StoredResponse } from './stored-response';

/**
 * The headers that make a request conditional (RFC 9111 section 4.3.1): the tags of all stored variants, and
 * Last-Modified, as received, if only one response is stored. Empty if nothing can be validated; only a success can be
 * (RFC 9110 section 13.2.1).
 */
export function conditionalHeaders(stored: StoredResponse | readonly StoredResponse[]): Record<string, string> {
  const candidates = ('headers' in stored ? [stored] : stored).filter(isSuccess);
  const tags = new Set(candidates.flatMap(({ headers }) => tagsOf(headers)));
  const modified = candidates.length === 1 && candidates[0]!.headers.get('last-modified');
  return {
    ...(tags.size && { 'If-None-Match': [...tags].join(', ') }),
    ...(modified && { 'If-Modified-Since': modified }),
  };
}

const isSuccess = ({ status }: StoredResponse) => status >= 200 && status < 300;

/**
 * The tags to send. Apache's mod_deflate does not recognise the tags that it generated. If the response varies on
 * Accept-Encoding, this adds the tag without the coding's suffix, which stands for the same decoded bytes.
 */
function tagsOf(headers: Headers): string[] {
  const tag = entityTag(headers);
  if (!tag) return [];
  return varyFields(headers).includes('accept-encoding') ? [tag, withoutCoding(tag)] : [tag];
}

/**
 * Selects the stored response that a 304 refers to (RFC 9111 section 4.3.4). A strong validator must match strongly.
 * Otherwise the newest response with the same weak validator is selected. `undefined`: no response matches, so the
 * worker must update none and fetch the whole tile. If the request named only one tag, a content coding may have
 * changed it on the way.
 */
export function selectedBy304(fresh: Headers, candidates: readonly StoredResponse[]): StoredResponse | undefined {
  const tag = entityTag(fresh);
  const modified = fresh.get('last-modified');
  // A 304 should repeat the tag (RFC 9110 section 15.4.5). If it does not, it must mean the only candidate.
  if (!tag && !modified) return candidates.length === 1 ? candidates[0] : undefined;
  const named = candidates.filter((one) => isSuccess(one) && entityTag(one.headers));
  if (tag && named.length === 1 && matchesDecoded(entityTag(named[0]!.headers), tag)) return named[0];
  const strong = tag && !tag.startsWith('W/');
  const matches = candidates.filter((candidate) => {
    const { headers } = candidate;
    const own = entityTag(headers);
    if (tag && own) return strong ? own === tag : weakMatch(own, tag);
    return modified && headers.get('last-modified') === modified && (!strong || isStrongDate(candidate));
  });
  return matches.sort((a, b) => b.responseAt - a.responseAt)[0];
}

// The stored body is decoded and complete, so fields that describe another transfer must not replace its own (RFC 9111
// section 3.2: Content-Length, and fields whose processing produced the stored body).
const NOT_UPDATED = /^content-(length|encoding|range)$/;
/** Content types that scripts set by default on every response, including a 304. */
const BY_DEFAULT = /^text\/(html|plain)\b/i;

/**
 * Updates the stored headers with those of a 304 or a HEAD (RFC 9111 section 3.2). Age and Date tell when an answer was
 * made, so the stored ones go even if the new answer has none.
 */
export function freshenHeaders(stored: Headers, fresh: Headers): Headers {
  const headers = new Headers(stored);
  headers.delete('age');
  headers.delete('date');
  fresh.forEach((value, name) => {
    const unmeant = name === 'content-type' && BY_DEFAULT.test(value) && headers.has(name);
    if (!unmeant && !NOT_UPDATED.test(name)) headers.set(name, value);
  });
  return storableHeaders(headers);
}

/**
 * True if a 200 to a HEAD request matches the stored response and freshens it (RFC 9111 section 4.3.5). Otherwise the
 * stored response is stale. The length of an encoded body tells nothing about the decoded body in the store. `label`: the
 * field that names the version.
 */
export function headMatches(head: Headers, stored: Headers, label = ''): boolean {
  const tag = head.get('etag');
  if (tag !== null && tag !== stored.get('etag') && !matchesDecoded(entityTag(head), entityTag(stored))) return false;
  return [label, 'last-modified', head.has('content-encoding') ? '' : 'content-length'].every(
    (name) => !name || !head.has(name) || head.get(name) === stored.get(name),
  );
}
