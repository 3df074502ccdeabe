/** Joins message and remedy into one line, as sentences: not every message ends with a full stop. */
export function sentences(...parts: unknown[]): string {
  return parts
    .filter((part): part is string => typeof part === 'string' && part.trim() !== '')
    .map((part) => (/[.!?…]$/.test(part.trim()) ? part.trim() : `${part.trim()}.`))
    .join(' ');
}

/**
 * Returns the words of an origin's error, which may be a sentence or a record. Cuts them, because they may be a
 * stranger's.
 */
export function wordsOf(error: unknown): string {
  const { message, remedy } = (typeof error === 'object' && error !== null ? error : { message: error }) as {
    message?: unknown;
    remedy?: unknown;
  };
  return sentences(message, remedy).slice(0, 1000);
}
