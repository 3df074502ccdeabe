import { TileCacheError } from './errors';

/** The longest URL or template that is looked at, in characters. */
export const MAX_URL_LENGTH = 2048;

/** What stands in turn: text, the name of a slot, text, … text. Text may be empty; the slot `*` is any rest. */
export type Pieces = readonly string[];

/** A template taken apart. `path` begins with the protocol and the host. */
export interface Template {
  path: Pieces;
  /** Parameters that must be there, in any order, and what their values look like. */
  query: ReadonlyArray<readonly [name: string, value: Pieces]>;
}

/** What a template may name. */
const SLOTS = ['layer', 's', 'z', 'x', 'y', 'r', 'version'];

const MARK = /zq(\d)x/;

/** Throws the error about a template. */
export function badTemplate(field: string, template: string, why: string): never {
  throw new TileCacheError({
    code: 'INVALID_TEMPLATE',
    field,
    message: `${field} '${template.slice(0, 99)}' ${why}`,
    remedy: "Write a path or URL with {layer} {z} {x} {y} {s} {version} {r}, and '*' at its end.",
  });
}

/** Texts and slots of a part of a marked URL. */
const split = (part: string): Pieces => part.split(MARK).map((piece, i) => (i % 2 ? (SLOTS[+piece] ?? '*') : piece));

/** True where it is plain to see how slots that follow one another part. */
const parts = (pieces: Pieces) =>
  pieces.every(
    (text, i) =>
      i % 2 ||
      text ||
      !pieces[i - 1] ||
      !pieces[i + 1] ||
      pieces[i + 1] === '*' ||
      (pieces[i + 1] === 'r' && 'zxy'.includes(pieces[i - 1]!)),
  );

/**
 * Takes a template apart; a path is put on `origin`. Throws `TileCacheError` INVALID_TEMPLATE.
 */
export function parseTemplate(template: string, origin: string, field = 'template'): Template {
  const fail = (why: string) => badTemplate(field, template, why);
  const slots: string[] = [];
  // The URL parser makes case, escapes and ports canonical; the slots go through it as marks.
  const marked = template.replace(/\?\*$/, '').replace(/\{([^{}]*)\}|\*$/g, (slot, name = '') => {
    const index = slot === '*' ? SLOTS.length : SLOTS.indexOf(name);
    if (index < 0) fail(`names the unknown ${slot}`);
    if (name !== 's' && slots.includes(name)) fail(`names ${slot} twice`);
    slots.push(name);
    return `zq${index}x`;
  });
  if (
    template.length > MAX_URL_LENGTH ||
    MARK.test(template) ||
    /[{}*#]/.test(marked) ||
    !/^(\/(?!\/)|https?:\/\/)/i.test(marked)
  )
    fail('is no path and no http(s) URL');
  const places = slots.filter((slot) => /^[zxy]$/.test(slot)).length;
  if (places % 3) fail('names not all of {z}, {x}, {y}');
  let url: URL;
  try {
    url = new URL(marked, origin);
  } catch {
    return fail('is no URL');
  }
  if (url.username || url.password || /zq[2-7]x/.test(url.host)) fail('has a slot or a user in its host');
  const path = split(`${url.protocol}//${url.host}${url.pathname}`);
  const query = searchParts(url.search).map(({ name, value }) => [name, split(value)] as const);
  if (![path, ...query.map(([, value]) => value)].every(parts)) fail('has slots with nothing between');
  if (query.some(([name, value]) => MARK.test(name) || value.includes('*'))) fail('has a slot where none may stand');
  return { path, query };
}

/** A part of a path as text; `undefined` when an escape is broken. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A query's parameters: as they stand (`part`, `value`) and with the name decoded. */
export function searchParts(search: string): Array<{ part: string; name: string; value: string }> {
  return search
    .slice(1)
    .split('&')
    .filter(Boolean)
    .map((part) => {
      const raw = part.split('=', 1)[0]!;
      return { part, name: decode(raw.replaceAll('+', ' ')) ?? raw, value: part.slice(raw.length + 1) };
    });
}
