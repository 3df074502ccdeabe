import { entityTag, isStrongDate, matchesDecoded, weakMatch, withoutCoding } from './entity-tags';
import { storableHeaders } from './storability';
import { varyFields } from './vary';
import type { StoredResponse } from './stored-response';

/**
 * Headers that make a request conditional (RFC 9111 section 4.3.1): the tags of all stored variants, and
 * Last-Modified where one alone is stored, as it was received. Empty where nothing can be validated; only what was a
 * success can be (RFC 9110 section 13.2.1).
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
 * The tag to send. Apache's mod_deflate does not know the tags again that it made: where the response says that its
 * coding was chosen, the tag of what was encoded is named, too, which is of the same decoded bytes.
 */
function tagsOf(headers: Headers): string[] {
  const tag = entityTag(headers);
  if (!tag) return [];
  const fields = varyFields(headers);
  return Array.isArray(fields) && fields.includes('accept-encoding') ? [tag, withoutCoding(tag)] : [tag];
}

/**
 * Which stored response a 304 speaks of (RFC 9111 section 4.3.4). A strong validator must match as one; else the newest
 * with the same weak validator; `undefined` when none: then nothing may be updated, and the whole is to be fetched.
 * Where one alone was named in the request, its tag may have been changed on the way by a content coding.
 */
export function selectedBy304(fresh: Headers, candidates: readonly StoredResponse[]): StoredResponse | undefined {
  const tag = entityTag(fresh);
  const modified = fresh.get('last-modified');
  // A 304 should repeat the tag (RFC 9110 section 15.4.5); where it does not and one alone was asked for, it is meant.
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

// The stored body is decoded and whole: what describes another transfer of it must not replace what describes it
// (RFC 9111 section 3.2: Content-Length, and fields whose processing the stored body is the result of).
const NOT_UPDATED = /^content-(length|encoding|range)$/;
/** What scripts write on whatever they send, a 304 included. */
const BY_DEFAULT = /^text\/(html|plain)\b/i;

/**
 * The stored headers with all that a 304 or a HEAD carries (RFC 9111 section 3.2). Its Age and Date take the place of
 * the stored ones even when it has none: they say when this answer was made.
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
 * Whether a 200 to a HEAD still speaks of the stored response (RFC 9111 section 4.3.5). If so it freshens it, if not
 * the stored one is stale. The length of an encoded body says nothing of the decoded one that is stored.
 */
export function headMatches(head: Headers, stored: Headers): boolean {
  const tag = head.get('etag');
  if (tag !== null && tag !== stored.get('etag') && !matchesDecoded(entityTag(head), entityTag(stored))) return false;
  return ['last-modified', head.has('content-encoding') ? '' : 'content-length'].every(
    (name) => !name || !head.has(name) || head.get(name) === stored.get(name),
  );
}
