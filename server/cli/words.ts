/** Message and remedy in one line: not every message ends as a sentence. */
export function sentences(...parts: unknown[]): string {
  return parts
    .filter((part): part is string => typeof part === 'string' && part.trim() !== '')
    .map((part) => (/[.!?…]$/.test(part.trim()) ? part.trim() : `${part.trim()}.`))
    .join(' ');
}

/** What an origin said of an error: a sentence, or a record. Cut, for a stranger may have written it. */
export function wordsOf(error: unknown): string {
  const { message, remedy } = (typeof error === 'object' && error !== null ? error : { message: error }) as {
    message?: unknown;
    remedy?: unknown;
  };
  return sentences(message, remedy).slice(0, 1000);
}
