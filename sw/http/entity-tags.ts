import { parseHttpDate } from './dates';
import type { StoredResponse } from './stored-response';

const ENTITY_TAG = /^(?:W\/)?"[^"\s]*"$/;

/** The ETag if it is well-formed (RFC 9110 section 8.8.3), else `undefined`: a malformed tag must not be sent back. */
export function entityTag(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return tag && ENTITY_TAG.test(tag) ? tag : undefined;
}

/** Weak comparison: true if the opaque parts are equal (RFC 9110 section 8.8.3.2). */
export function weakMatch(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && opaquePart(a) === opaquePart(b);
}

const opaquePart = (tag: string) => tag.replace(/^W\//, '');

// Apache and Tomcat write "x-gzip", Jetty "x--gzip", others "x;br" for the same representation with a content coding.
const CODING = /[-;:+.]{1,2}(?:x-)?(?:gzip|gz|deflate|brotli|br|zstd)"$/i;

/** The tag without the suffix that a server appends for a content coding. */
export const withoutCoding = (tag: string): string => tag.replace(CODING, '"');

/**
 * Weak comparison that ignores the suffix for a content coding. With `gzip on`, nginx sends `W/"x"` with a 200 and
 * `"x"` with a 304. A worker sees decoded bytes, which are the same under both tags.
 */
export function matchesDecoded(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && weakMatch(withoutCoding(a), withoutCoding(b));
}

/** Strong comparison: true if the tags are equal and neither is weak (RFC 9110 section 8.8.3.2). */
export function strongMatch(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a === b && !a.startsWith('W/');
}

/** True if Last-Modified is a strong validator: Date is at least a second later (RFC 9110 section 8.8.2.2). */
export function isStrongDate({ headers, responseAt }: Pick<StoredResponse, 'headers' | 'responseAt'>): boolean {
  const modifiedAt = parseHttpDate(headers.get('last-modified'), responseAt);
  const dateAt = parseHttpDate(headers.get('date'), responseAt);
  return modifiedAt !== undefined && dateAt !== undefined && dateAt - modifiedAt >= 1000;
}
