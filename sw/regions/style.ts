import { isRecord } from '../../src/shared/validate';
import { fontFilesOf } from './font-faces';

/** The URLs that a style needs. */
export interface StyleNeeds {
  /** Documents that name further URLs: TileJSON. */
  documents: string[];
  /** Sprites, images and data, which have to be of one edition with the style. */
  files: string[];
  /** Ranges of glyphs, and font files, which are the same in every edition. */
  glyphs: string[];
  /** Sources whose address has a scheme that no worker sees, such as `pmtiles:`: `source roads (pmtiles:)`. */
  unseen: string[];
}

const MAX_FILES = 5000;
/** Latin, and the punctuation that maps print. */
export const GLYPH_RANGES = ['0-255', '256-511', '8192-8447'];
const MAX_RANGES = 256;
const RATIOS = ['', '@2x'];

/**
 * Returns what a style document needs besides tiles (MapLibre style specification: sources, sprite, glyphs). Addresses
 * are absolute.
 */
export function needsOf(style: unknown, base: string, ranges?: readonly string[]): StyleNeeds {
  const documents = new Set<string>();
  const files = new Set<string>();
  const ranged = new Set<string>();
  const unseen = new Set<string>();
  const add = (to: Set<string>, url: unknown, what: string) => {
    const absolute = typeof url === 'string' ? absoluteOf(url, base) : undefined;
    if (!absolute) return;
    // Each of them counts: a region that lacks some is not complete.
    if (to.size >= MAX_FILES) return void unseen.add(`rest beyond ${MAX_FILES} files`);
    if (/^https?:/.test(absolute)) to.add(absolute);
    // A `data:` address contains its data, so it comes along with the style.
    else if (!absolute.startsWith('data:')) unseen.add(`${what} (${absolute.slice(0, absolute.indexOf(':') + 1)})`);
  };
  if (!isRecord(style)) return { documents: [], files: [], glyphs: [], unseen: [] };
  for (const [name, source] of Object.entries(isRecord(style['sources']) ? style['sources'] : {})) {
    if (!isRecord(source)) continue;
    const { type, url, data, urls } = source;
    const what = `source ${name.slice(0, 64)}`;
    if (type === 'image') add(files, url, what);
    else if (type === 'geojson') add(files, data, what);
    else if (type === 'video') for (const one of Array.isArray(urls) ? urls : []) add(files, one, what);
    else add(documents, url, what);
  }
  for (const sprite of spritesOf(style['sprite'])) {
    for (const ratio of RATIOS)
      for (const ending of ['.json', '.png']) {
        // The suffix goes before the query, if there is one.
        const [path, query] = sprite.split('?', 2) as [string, string?];
        add(files, `${path}${ratio}${ending}${query === undefined ? '' : `?${query}`}`, 'sprite');
      }
  }
  const { glyphs } = style;
  const stacks = fontsOf(style['layers']);
  const shown = ranges ?? glyphRangesOf(style['layers']);
  const fonts = new Set(stacks.flatMap((stack) => stack.split(',').map((font) => font.trim())));
  for (const url of fontFilesOf(style['font-faces'], fonts, shown)) add(ranged, url, 'font');
  if (typeof glyphs === 'string')
    for (const stack of stacks)
      for (const range of shown)
        add(ranged, glyphs.replace('{fontstack}', encodeURIComponent(stack)).replace('{range}', range), 'glyphs');
  return { documents: [...documents], files: [...files], glyphs: [...ranged], unseen: [...unseen] };
}

/**
 * Returns Latin, and the ranges of all characters that the style itself prints: nobody knows beforehand which
 * characters the tiles contain.
 */
export function glyphRangesOf(layers: unknown): string[] {
  const ranges = new Set(GLYPH_RANGES);
  const collect = (value: unknown, depth: number): void => {
    if (typeof value === 'string')
      for (const char of value) {
        const start = (char.codePointAt(0)! >> 8) << 8;
        if (ranges.size < MAX_RANGES) ranges.add(`${start}-${start + 255}`);
      }
    else if (typeof value === 'object' && value && depth < 20)
      for (const one of Object.values(value)) collect(one, depth + 1);
  };
  for (const layer of Array.isArray(layers) ? (layers as unknown[]) : [])
    if (isRecord(layer) && isRecord(layer['layout'])) collect(layer['layout']['text-field'], 0);
  return [...ranges];
}

function absoluteOf(url: string, base: string): string | undefined {
  try {
    return new URL(url, base).href;
  } catch {
    return undefined;
  }
}

/** Returns the sprite's address, or the addresses of several named sprites. */
export function spritesOf(sprite: unknown): string[] {
  if (typeof sprite === 'string') return [sprite];
  if (!Array.isArray(sprite)) return [];
  return sprite.flatMap((one: unknown) => (isRecord(one) && typeof one['url'] === 'string' ? [one['url']] : []));
}

/** Returns the font stacks that layers name, in any expression; the specification's own for a map that names none. */
export function fontsOf(layers: unknown): string[] {
  const stacks = new Set<string>();
  const isStack = (value: unknown): value is string[] =>
    Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
  /** Within an expression a stack is a literal: other lists of strings are labels to compare with. */
  const collect = (value: unknown, depth: number): void => {
    if (!Array.isArray(value) || depth > 20) return;
    const [first, ...rest] = value as unknown[];
    if (first !== 'literal') for (const one of rest) collect(one, depth + 1);
    else if (isStack(rest[0])) stacks.add(rest[0].join(','));
  };
  /**
   * Adds a stack, or the stacks of an expression. An operator is a string as well: a stack's first name is a font's.
   */
  const add = (value: unknown): void => {
    if (isStack(value) && !OPERATORS.test(value[0]!)) stacks.add(value.join(','));
    else collect(value, 0);
  };
  /** Adds the fonts of a text's parts, which have their own (`format`). */
  const addParts = (value: unknown, depth: number): void => {
    if (depth > 20) return;
    if (Array.isArray(value)) for (const one of value as unknown[]) addParts(one, depth + 1);
    else if (isRecord(value) && value['text-font'] !== undefined) add(value['text-font']);
  };
  for (const layer of Array.isArray(layers) ? (layers as unknown[]) : []) {
    if (!isRecord(layer) || layer['type'] !== 'symbol') continue;
    const layout = isRecord(layer['layout']) ? layer['layout'] : {};
    if (layout['text-field'] === undefined) continue;
    addParts(layout['text-field'], 0);
    const font = layout['text-font'];
    if (isRecord(font) && Array.isArray(font['stops']))
      for (const stop of font['stops'] as unknown[]) add(Array.isArray(stop) ? stop[1] : undefined);
    else if (font === undefined) stacks.add('Open Sans Regular,Arial Unicode MS Regular');
    else add(font);
  }
  return [...stacks];
}

const OPERATORS = /^(get|has|id|zoom|geometry-type|properties|global-state|feature-state)$/;

/** Returns the tile templates of a TileJSON document. Maps request none of the other URLs that it names. */
export function templatesOf(document: unknown): string[] {
  const tiles = isRecord(document) ? document['tiles'] : undefined;
  return Array.isArray(tiles) ? tiles.filter((one): one is string => typeof one === 'string') : [];
}
