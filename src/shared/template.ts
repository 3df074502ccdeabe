import { canonicalPath, canonicalValue, searchParts } from './canonical';
import { TileCacheError } from './errors';
import { meantBy, PLACES, SLOTS, slotOf, type Slot } from './template-slots';

/** The longest URL that is looked at, in characters: presigned sources are long. */
export const MAX_URL_LENGTH = 8192;
/** The longest template. */
const MAX_TEMPLATE_LENGTH = 2048;

/**
 * The parts of a template in turn: text, the name of a slot, text, … text. Text may be empty; the slot `*` is any rest.
 */
export type Pieces = readonly string[];

/** A template taken apart. `path` begins with the protocol and the host. */
export interface Template {
  path: Pieces;
  /** Parameters that must be there, in any order, and what their values look like. */
  query: ReadonlyArray<readonly [name: string, value: Pieces]>;
}

// Slots go through the URL parser as marks: a digit of base 36 each.
const MARK = /zq([0-9a-z])x/;
const REST = SLOTS.length;
const markOf = (index: number) => `zq${index.toString(36)}x`;

const REMEDY =
  "Write a path or URL with {layer} {z} {x} {y} {-y} {quadkey} {bbox-epsg-3857} {s} {version} {r}, and '*' at its end.";

/** `${z}`, `:z`, `%z`, `<z>` and `[z]`: they would be taken for text, and match nothing. */
const FOREIGN = /\$zq|[/=.](?::[xyz]|%[xyz]|<[xyz]>|\[[xyz]\])(?![\w-])/i;

/** A template that has been through a URL. */
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

/** Texts and slots of a part of a marked URL. */
const split = (part: string): Pieces =>
  part.split(MARK).map((piece, i) => (i % 2 ? (SLOTS[parseInt(piece, 36)] ?? '*') : piece));

/** True where it is plain to see how slots that follow one another part. */
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

/** Why these slots do not name a tile; undefined where they do, or name none. */
function misplaced(slots: readonly Slot[]): string | undefined {
  const given = slots.filter((slot) => PLACES.some((group) => group.includes(slot)));
  if (!given.length || PLACES.some((group) => group.length === given.length && group.every((s) => given.includes(s))))
    return undefined;
  const twice = given.includes('q') || given.includes('bbox') || (given.includes('y') && given.includes('-y'));
  return twice ? 'names the tile twice' : 'names not all of {z}, {x}, {y}';
}

/**
 * Takes a template apart; a path is put on `origin`. Throws `TileCacheError` INVALID_TEMPLATE.
 */
export function parseTemplate(template: string, origin: string, field = 'template'): Template {
  const fail = (why: string, remedy?: string) => badTemplate(field, template, why, remedy);
  const slots: Slot[] = [];
  // The URL parser makes case, escapes and ports canonical; the slots go through it as marks.
  const marked = unescaped(template)
    .replace(/\?\*$/, '')
    .replace(/\{([^{}]*)\}|\*$/g, (found, name = '') => {
      if (found === '*') return markOf(REST);
      const slot = slotOf(name) ?? fail(`names the unknown ${found}`, meantBy(name));
      if (slot !== 's' && slots.includes(slot)) fail(`names ${found} twice`);
      slots.push(slot);
      return markOf(SLOTS.indexOf(slot));
    });
  if (
    template.length > MAX_TEMPLATE_LENGTH ||
    MARK.test(template) ||
    /[{}*#]/.test(marked) ||
    !/^(\/(?!\/)|https?:\/\/)/i.test(marked)
  )
    fail('is no path and no http(s) URL');
  if (FOREIGN.test(marked)) fail('has a placeholder of another program', 'Did you mean {z}, {x} and {y}?');
  const why = misplaced(slots);
  if (why) fail(why);
  let url: URL;
  try {
    url = new URL(marked, origin);
  } catch {
    return fail('is no URL');
  }
  if (url.username || url.password || /zq[2-9a-z]x/.test(url.host)) fail('has a slot or a user in its host');
  const path = split(`${url.protocol}//${url.host}${canonicalPath(url.pathname)}`);
  const query = searchParts(url.search).map(({ name, value }) => [name, split(canonicalValue(value))] as const);
  if (![path, ...query.map(([, value]) => value)].every(parts)) fail('has slots with nothing between');
  if (query.some(([name, value]) => MARK.test(name) || value.includes('*'))) fail('has a slot where none may stand');
  return { path, query };
}
