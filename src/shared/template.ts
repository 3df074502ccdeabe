import { canonicalPath, canonicalValue, searchParts } from './canonical';
import { TileCacheError } from './errors';
import { meantBy, PLACES, SLOTS, slotOf, type Slot } from './template-slots';

/** Maximum length of a URL that the worker looks at, in characters. Presigned URLs are long. */
export const MAX_URL_LENGTH = 8192;
/** Maximum length of a template, in characters. */
const MAX_TEMPLATE_LENGTH = 2048;

/**
 * The parts of a template: text, a slot's name, text, and so on. A text may be empty. The slot `*` matches any rest.
 */
export type Pieces = readonly string[];

/** A parsed template. `path` begins with the protocol and the host. */
export interface Template {
  path: Pieces;
  /** The parameters that a URL must have, in any order, and the pieces of their values. */
  query: ReadonlyArray<readonly [name: string, value: Pieces]>;
}

// A mark stands for a slot while the URL parser handles a template: its digit, in base 36, is the slot's index.
const MARK = /zq([0-9a-z])x/;
const REST = SLOTS.length;
const markOf = (index: number) => `zq${index.toString(36)}x`;

const REMEDY =
  "Write a path or URL with {layer} {z} {x} {y} {-y} {quadkey} {bbox-epsg-3857} {s} {version} {r}, and '*' at its end.";

/** Matches `${z}`, `:z`, `%z`, `<z>` and `[z]`: as plain text they would never match a URL. */
const FOREIGN = /\$zq|[/=.](?::[xyz]|%[xyz]|<[xyz]>|\[[xyz]\])(?![\w-])/i;

/** Restores the braces of a template that was escaped as a URL. */
const unescaped = (template: string) => template.replace(/%7B([\w-]+)%7D/gi, '{$1}');

/** Throws the error about a template. */
export function badTemplate(field: string, template: string, why: string, remedy = ''): never {
  throw new TileCacheError({
    code: 'INVALID_TEMPLATE',
    field,
    message: `${field} '${template.slice(0, 99)}' ${why}`,
    remedy: remedy ? `${remedy} ${REMEDY}` : REMEDY,
  });
}

/** Splits a part of a marked URL into texts and slots. */
const split = (part: string): Pieces =>
  part.split(MARK).map((piece, i) => (i % 2 ? (SLOTS[parseInt(piece, 36)] ?? '*') : piece));

/** Returns true if the end of every slot is unambiguous. */
const parts = (pieces: Pieces) =>
  pieces.every(
    (text, i) =>
      i % 2 ||
      text ||
      !pieces[i - 1] ||
      !pieces[i + 1] ||
      pieces[i + 1] === '*' ||
      (pieces[i + 1] === 'r' && ['z', 'x', 'y', '-y', 'q'].includes(pieces[i - 1]!)),
  );

/** Returns why the slots do not locate a tile. Returns `undefined` if they do, or if they do not try to. */
function misplaced(slots: readonly Slot[]): string | undefined {
  const given = slots.filter((slot) => PLACES.some((group) => group.includes(slot)));
  if (!given.length || PLACES.some((group) => group.length === given.length && group.every((s) => given.includes(s))))
    return undefined;
  const twice = given.includes('q') || given.includes('bbox') || (given.includes('y') && given.includes('-y'));
  return twice ? 'names the tile twice' : 'lacks one of {z}, {x}, {y}';
}

/** Parses a template. Resolves a path against `origin`. Throws `INVALID_TEMPLATE`. */
export function parseTemplate(template: string, origin: string, field = 'template'): Template {
  const fail = (why: string, remedy?: string) => badTemplate(field, template, why, remedy);
  const slots: Slot[] = [];
  // Replace the slots with marks, so that the URL parser can normalise case, escapes and ports.
  const marked = unescaped(template)
    .replace(/\?\*$/, '')
    .replace(/\{([^{}]*)\}|\*$/g, (found, name = '') => {
      if (found === '*') return markOf(REST);
      const slot = slotOf(name) ?? fail(`contains the unknown ${found}`, meantBy(name));
      if (slot !== 's' && slots.includes(slot)) fail(`contains ${found} twice`);
      slots.push(slot);
      return markOf(SLOTS.indexOf(slot));
    });
  if (
    template.length > MAX_TEMPLATE_LENGTH ||
    MARK.test(template) ||
    /[{}*#]/.test(marked) ||
    !/^(\/(?!\/)|https?:\/\/)/i.test(marked)
  )
    fail('is neither a path nor an http(s) URL');
  if (FOREIGN.test(marked)) fail('has a template variable of another program', 'Did you mean {z}, {x} and {y}?');
  const why = misplaced(slots);
  if (why) fail(why);
  let url: URL;
  try {
    url = new URL(marked, origin);
  } catch {
    return fail('is no URL');
  }
  if (url.username || url.password || /zq[2-9a-z]x/.test(url.host))
    fail('has a user, or a template variable other than a subdomain, in its host');
  const path = split(`${url.protocol}//${url.host}${canonicalPath(url.pathname)}`);
  const query = searchParts(url.search).map(({ name, value }) => [name, split(canonicalValue(value))] as const);
  if (![path, ...query.map(([, value]) => value)].every(parts))
    fail('has template variables with nothing between them');
  if (query.some(([name, value]) => MARK.test(name) || value.includes('*')))
    fail('has a template variable in an invalid place');
  return { path, query };
}
