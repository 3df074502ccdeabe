/** Returns whether `If-None-Match` matches the tag, by weak comparison (RFC 9110 section 13.1.2). */
export function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => opaque(tag) === opaque(etag));
}
