/** Text that is already HTML. */
export interface Html {
  text: string;
}

type Part = string | Html | readonly Html[];

/** Creates HTML from a template. Escapes every value, for text and for quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { text: strings.map((text, i) => text + (i < parts.length ? textOf(parts[i]!) : '')).join('') };
}

function textOf(part: Part): string {
  if (typeof part === 'string') return escape(part);
  return 'text' in part ? part.text : part.map(({ text }) => text).join('');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  // Replace control characters, and those that change the writing direction: they could make one name look like
  // another.
  return text.replace(/[&<>"']/g, (each) => ENTITIES[each]!).replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '·');
}
