/** Decodes a part of a URL. Returns `undefined` if an escape is broken. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns a name or value of a query in one form, whichever of its characters were escaped. Leaves a broken escape as
 * it is.
 */
export function canonicalValue(text: string): string {
  if (!/[^\w.~-]/.test(text)) return text;
  // Keep each `+`: only the server knows whether it stands for a space.
  const parts = text.split('+').map((part) => {
    const plain = decode(part);
    // Escape quotation marks, too, as the URL parser does in a query.
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

/** Returns a path in one form: decodes every escape that a path does not need. Escaped slashes stay escaped. */
export function canonicalPath(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%[0-9a-f]{2}/gi, (escaped) => {
    const char = String.fromCharCode(parseInt(escaped.slice(1), 16));
    // Keep other escapes: a decoded dot could change the segments, and a decoded brace or star would look like a
    // template.
    return /[\w~!$&'()+,;=:@-]/.test(char) ? char : escaped.toUpperCase();
  });
}

/** One parameter of a query. `part` and `value` are as in the URL; `name` is decoded. */
export interface SearchPart {
  part: string;
  name: string;
  value: string;
}

/** Returns the parameters of a query, in their order. */
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
