/** The directives of a `Cache-Control` header, names in lower case; of one that is said twice, the first (RFC 9111 section 4.2.1). */
export function directives(header: string | null): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, quoted, plain] of (header ?? '').matchAll(
    /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g,
  )) {
    const key = name!.toLowerCase();
    if (!found.has(key)) found.set(key, quoted ?? plain ?? '');
  }
  return found;
}

/** Seconds of a directive; `undefined` where it is absent or no number. */
export function seconds(found: Map<string, string>, name: string): number | undefined {
  const value = found.get(name);
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}
