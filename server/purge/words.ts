/** Longest quotation of a CDN in a report, in characters. */
const MOST_WORDS = 300;

/** Control, format and other invisible characters: a terminal obeys them, and a secret that they cut is still one. */
const INVISIBLE = '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]';

/** The text in base64 as it looks inside of something longer: by three alignments, without what the neighbours change. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = btoa(' '.repeat(before) + text).replace(/=+$/, '');
    const [from, spoilt] = [[0, 2, 3][before]!, (before + text.length) % 3 === 0 ? 0 : 1];
    const form = whole.slice(from, whole.length - spoilt);
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** The ways in which an answer may repeat a secret: as it is, in a URL, in JSON, in HTML, in base64. Secrets are printable ASCII. */
function formsOf(secret: string): string[] {
  const everyByte = [...secret].map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
  const html = secret.replace(/[&<>"]/g, (char) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[char]};`);
  const forms = [secret, encodeURIComponent(secret), everyByte, JSON.stringify(secret).slice(1, -1), html];
  // What is short in base64 would be found in words that have nothing to do with it.
  const coded = secret.length < 6 ? [] : base64Forms(secret);
  return [...new Set([...forms, ...coded])].sort((a, b) => b.length - a.length);
}

/** Finds a text also where case differs and invisible characters stand inside. */
const seek = (text: string) =>
  new RegExp([...text].map((char) => char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')).join(`${INVISIBLE}*`), 'giu');

/** Words of a stranger, fit for a terminal: line breaks and tabs stay where `lines` says so. */
export function printable(words: string, lines = false): string {
  return words.replace(new RegExp(`(?:${lines ? '(?![\\n\\t])' : ''}${INVISIBLE})+`, 'gu'), ' ');
}

/**
 * What a CDN said, fit for reports and terminals: without control and format characters, not too long, and without the
 * secrets that the request carried, which some answers repeat.
 */
export function quoted(words: string, secrets: readonly string[] = []): string {
  let text = words.slice(0, 100 * MOST_WORDS);
  for (const secret of secrets)
    if (secret.length > 0) for (const form of formsOf(secret)) text = text.replace(seek(form), '***');
  return printable(text).trim().slice(0, MOST_WORDS);
}
