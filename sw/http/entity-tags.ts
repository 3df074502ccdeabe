import { parseHttpDate } from './dates';
import type { StoredResponse } from './stored-response';

const ENTITY_TAG = /^(?:W\/)?"[^"\s]*"$/;

/** A well-formed ETag (RFC 9110 section 8.8.3), else `undefined`: an ill-formed one must not be sent back. */
export function entityTag(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return tag && ENTITY_TAG.test(tag) ? tag : undefined;
}

/** Opaque parts equal, weak or not (RFC 9110 section 8.8.3.2). */
export function weakMatch(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && opaquePart(a) === opaquePart(b);
}

const opaquePart = (tag: string) => tag.replace(/^W\//, '');

// Apache and Tomcat write "x-gzip", Jetty "x--gzip", others "x;br": the tag of the same representation, encoded.
const CODING = /[-;:+.]{1,2}(?:x-)?(?:gzip|gz|deflate|brotli|br|zstd)"$/i;

/** The tag without the suffix by which a server marks a content coding. */
export const withoutCoding = (tag: string): string => tag.replace(CODING, '"');

/**
 * Opaque parts equal but for the mark of a content coding, weak or not. nginx answers 200 with `W/"x"` behind `gzip on`,
 * and 304 with `"x"`; a worker sees decoded bytes, which are the same under both.
 */
export function matchesDecoded(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && weakMatch(withoutCoding(a), withoutCoding(b));
}

/** Both equal and neither weak (RFC 9110 section 8.8.3.2). */
export function strongMatch(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a === b && !a.startsWith('W/');
}

/** Last-Modified is a strong validator when the response was made a second or more after it (RFC 9110 section 8.8.2.2). */
export function isStrongDate({ headers, responseAt }: Pick<StoredResponse, 'headers' | 'responseAt'>): boolean {
  const modifiedAt = parseHttpDate(headers.get('last-modified'), responseAt);
  const dateAt = parseHttpDate(headers.get('date'), responseAt);
  return modifiedAt !== undefined && dateAt !== undefined && dateAt - modifiedAt >= 1000;
}
