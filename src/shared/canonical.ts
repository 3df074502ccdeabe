/** A part of a URL as text; `undefined` when an escape is broken. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A name or value of a query, whose characters may be escaped or not, in one form. A broken escape stays as it is. */
export function canonicalValue(text: string): string {
  if (!/[^\w.~-]/.test(text)) return text;
  // A plus may be a space or a plus: only the server knows.
  const parts = text.split('+').map((part) => {
    const plain = decode(part);
    // The URL parser escapes quotation marks in a query.
    return plain === undefined ? part : encode(plain);
  });
  return parts.join('+');
}

const encode = (plain: string) => {
  try {
    return encodeURIComponent(plain).replaceAll("'", '%27');
  } catch {
    return '';
  }
};

/** A path with every character that may stand for itself standing for itself. Escaped slashes stay escaped. */
export function canonicalPath(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%[0-9a-f]{2}/gi, (escaped) => {
    const char = String.fromCharCode(parseInt(escaped.slice(1), 16));
    // Dots would make other segments, braces and stars other templates.
    return /[\w~!$&'()+,;=:@-]/.test(char) ? char : escaped.toUpperCase();
  });
}

/** One parameter of a query: `part` as it stands, `name` decoded, `value` as it stands. */
export interface SearchPart {
  part: string;
  name: string;
  value: string;
}

/** A query's parameters in their order. */
export function searchParts(search: string): SearchPart[] {
  return search
    .slice(1)
    .split('&')
    .filter(Boolean)
    .map((part) => {
      const raw = part.split('=', 1)[0]!;
      return { part, name: decode(raw.replaceAll('+', ' ')) ?? raw, value: part.slice(raw.length + 1) };
    });
}
