/** Longest quotation of a CDN in a report, in characters. */
const MOST_WORDS = 300;

/**
 * Control, format and other invisible characters: terminals interpret them, and they may split a secret without hiding
 * it.
 */
const INVISIBLE = '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]';

/** Returns the parts of the text's base64 form that do not depend on its neighbours, in all three alignments. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = btoa(' '.repeat(before) + text).replace(/=+$/, '');
    const [from, spoilt] = [[0, 2, 3][before]!, (before + text.length) % 3 === 0 ? 0 : 1];
    const form = whole.slice(from, whole.length - spoilt);
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/**
 * Returns the forms in which an answer may repeat a secret: plain, in a URL, in JSON, in HTML, and in base64. Secrets
 * are printable ASCII.
 */
function formsOf(secret: string): string[] {
  const everyByte = [...secret].map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
  const html = secret.replace(/[&<>"]/g, (char) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[char]};`);
  const forms = [secret, encodeURIComponent(secret), everyByte, JSON.stringify(secret).slice(1, -1), html];
  // The base64 form of a short secret would also occur in unrelated words.
  const coded = secret.length < 6 ? [] : base64Forms(secret);
  return [...new Set([...forms, ...coded])].sort((a, b) => b.length - a.length);
}

/** Creates a pattern that finds a text in any case, also with invisible characters inside. */
const seek = (text: string) =>
  new RegExp([...text].map((char) => char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')).join(`${INVISIBLE}*`), 'giu');

/** Makes a foreign text safe for terminals. `lines`: keeps line breaks and tabs. */
export function printable(words: string, lines = false): string {
  return words.replace(new RegExp(`(?:${lines ? '(?![\\n\\t])' : ''}${INVISIBLE})+`, 'gu'), ' ');
}

/**
 * Makes a CDN's answer safe for reports and terminals: removes control and format characters, shortens it, and removes
 * secrets of the request, which some answers repeat.
 */
export function quoted(words: string, secrets: readonly string[] = []): string {
  let text = words.slice(0, 100 * MOST_WORDS);
  for (const secret of secrets)
    if (secret.length > 0) for (const form of formsOf(secret)) text = text.replace(seek(form), '***');
  return printable(text).trim().slice(0, MOST_WORDS);
}
