import { isRecord } from '../../src/shared/validate';

/** A URL that a style needs, and how it is found out. */
export interface StyleNeeds {
  /** Documents that name further URLs: TileJSON. */
  documents: string[];
  /** Everything else. */
  files: string[];
}

const MAX_FILES = 5000;
/** Latin, and the punctuation that maps print. */
export const GLYPH_RANGES = ['0-255', '256-511', '8192-8447'];
const MAX_RANGES = 256;
const RATIOS = ['', '@2x'];

/** What a style document needs besides tiles (MapLibre style specification: sources, sprite, glyphs). Addresses are absolute. */
export function needsOf(style: unknown, base: string, ranges?: readonly string[]): StyleNeeds {
  const documents = new Set<string>();
  const files = new Set<string>();
  const add = (to: Set<string>, url: unknown) => {
    const absolute = typeof url === 'string' ? absoluteOf(url, base) : undefined;
    if (absolute !== undefined && to.size < MAX_FILES) to.add(absolute);
  };
  if (!isRecord(style)) return { documents: [], files: [] };
  for (const source of Object.values(isRecord(style['sources']) ? style['sources'] : {})) {
    if (!isRecord(source)) continue;
    const { type, url, data } = source;
    if (type === 'image') add(files, url);
    else if (type === 'geojson') add(files, data);
    else if (type !== 'video') add(documents, url);
  }
  for (const sprite of spritesOf(style['sprite'])) {
    for (const ratio of RATIOS)
      for (const ending of ['.json', '.png']) {
        // Before the query, where there is one.
        const [path, query] = sprite.split('?', 2) as [string, string?];
        add(files, `${path}${ratio}${ending}${query === undefined ? '' : `?${query}`}`);
      }
  }
  const { glyphs } = style;
  if (typeof glyphs === 'string')
    for (const stack of fontsOf(style['layers']))
      for (const range of ranges ?? glyphRangesOf(style['layers']))
        add(files, glyphs.replace('{fontstack}', encodeURIComponent(stack)).replace('{range}', range));
  return { documents: [...documents], files: [...files] };
}

/** Latin, and the ranges of all characters that the style itself prints: what is in tiles nobody knows before. */
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
    const { href, protocol } = new URL(url, base);
    return /^https?:$/.test(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}

/** One address, or several with names. */
export function spritesOf(sprite: unknown): string[] {
  if (typeof sprite === 'string') return [sprite];
  if (!Array.isArray(sprite)) return [];
  return sprite.flatMap((one: unknown) => (isRecord(one) && typeof one['url'] === 'string' ? [one['url']] : []));
}

/** Stacks of fonts that layers name, in whatever expression; a map that names none gets the specification's own. */
export function fontsOf(layers: unknown): string[] {
  const stacks = new Set<string>();
  const collect = (value: unknown, depth: number): void => {
    if (!Array.isArray(value) || depth > 20) return;
    const [first, ...rest] = value as unknown[];
    if (first === 'literal') return collect(rest[0], depth + 1);
    const isStack = value.length > 0 && value.every((name) => typeof name === 'string');
    // An operator of an expression is a string as well: a stack's first name is a font's.
    if (isStack && !OPERATORS.test(first as string)) stacks.add(value.join(','));
    else for (const one of value) collect(one, depth + 1);
  };
  for (const layer of Array.isArray(layers) ? (layers as unknown[]) : []) {
    if (!isRecord(layer) || layer['type'] !== 'symbol') continue;
    const layout = isRecord(layer['layout']) ? layer['layout'] : {};
    if (layout['text-field'] === undefined) continue;
    const font = layout['text-font'];
    if (isRecord(font) && Array.isArray(font['stops']))
      for (const stop of font['stops'] as unknown[]) collect(Array.isArray(stop) ? stop[1] : undefined, 0);
    else if (font === undefined) stacks.add('Open Sans Regular,Arial Unicode MS Regular');
    else collect(font, 0);
  }
  return [...stacks];
}

const OPERATORS = /^(get|has|id|zoom|geometry-type|properties|global-state|feature-state)$/;

/** URLs that a TileJSON document names besides its tiles: none that a map asks for. Its tiles, for who wants their templates. */
export function templatesOf(document: unknown): string[] {
  const tiles = isRecord(document) ? document['tiles'] : undefined;
  return Array.isArray(tiles) ? tiles.filter((one): one is string => typeof one === 'string') : [];
}
