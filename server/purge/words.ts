/** Longest quotation of a CDN in a report, in characters. */
const MOST_WORDS = 300;

/**
 * What a CDN said, fit for reports and terminals: without control and format characters, not too long, and without the
 * secrets that the request carried, which some answers repeat.
 */
export function quoted(words: string, secrets: readonly string[]): string {
  let text = words;
  for (const secret of secrets) if (secret.length > 0) text = text.replaceAll(secret, '***');
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, MOST_WORDS);
}
