import { TileCacheError } from '../../src/shared/errors';
import { parseTemplate } from '../../src/shared/template';
import type { BBox, TileId } from '../../src/shared/tile';
import { tileUrls, unlistable, type TileUrls, type UrlOptions } from '../../src/shared/tile-urls';
import {
  integer,
  list,
  readBBox,
  readZooms,
  record,
  refuse,
  rule,
  text,
  word,
  type Read,
} from '../../src/shared/validate';
import { readSamples } from './samples';

/**
 * How the CDN serves a layer, needed to purge or verify single tiles. `template` to `versionParam` are the worker's
 * options.
 */
export interface EdgeLayer extends Omit<UrlOptions, 'layer' | 'template' | 'versions'> {
  /**
   * All URL templates of the layer's tiles at the edge: `https://tiles.example/tiles/roads/{z}/{x}/{y}{r}.pbf`. Add a
   * template for each further format and host. `{version}`, `{s}`, `{-y}`, `{quadkey}` and `{bbox-epsg-3857}` are
   * allowed.
   */
  template: string | readonly string[];
  /** Lowest and highest zoom that exist. @default [0, 14], and those that a publication names */
  zooms?: readonly [number, number];
  /**
   * URLs without z/x/y, such as TileJSON and styles; `{version}` is allowed. A purge by URL skips URLs that are not
   * listed here.
   * @default []
   */
  metadata?: readonly string[];
  /**
   * The template of the tile's URL at the origin itself, bypassing every edge. Publishing requests it before a purge.
   * @default the handler that `tileHeaders` wrapped in this process
   */
  origin?: string;
  /** The bounding box of the layer's data, from which samples are picked. @default the world */
  bounds?: BBox;
  /** Tiles that always exist, at most 16, which the check requests from the edge. @default picked in the data */
  samples?: readonly TileId[];
}

/** Returns the layer's templates at the edge. */
export const templatesOf = ({ template }: EdgeLayer): readonly string[] =>
  typeof template === 'string' ? [template] : template;

/** Returns whether every tile's own URL contains the version. */
export const isVersioned = (edge: EdgeLayer): boolean =>
  templatesOf(edge).every((template) => template.includes('{version}'));

/** Returns the reason for not purging URL by URL. */
export const tooMany = (maxUrls: number): string => `it touches more than ${maxUrls} URLs`;

/**
 * Escapes of characters that scripts encode and browsers leave as they are: `topp%3Astates`, `topp:states`. `@2x` is
 * never escaped.
 */
const WRITTEN = { path: /%(3a|2c|2b|40|26|3b|3d|24)/gi, query: /%(3a|2c)/gi };
const ESCAPED = { path: /[:,+&;=$]|@(?!\d+(\.\d+)?x)/g, query: /[:,]/g };

/**
 * Returns the spellings of a URL that pages may use: a cache stores `/topp:states/` and `/topp%3Astates/` separately,
 * although they are one tile.
 */
function spellingsOf(url: string): string[] {
  const [, before = '', path = '', query = ''] =
    /^((?:[a-z][\w+.-]*:)?(?:\/\/[^/?#]*)?)([^?#]*)(.*)$/is.exec(url) ?? [];
  const written = (text: string, part: 'path' | 'query') => text.replace(WRITTEN[part], decodeURIComponent);
  const escaped = (text: string, part: 'path' | 'query') => text.replace(ESCAPED[part], encodeURIComponent);
  const forms = [written, escaped].map((form) => before + form(path, 'path') + form(query, 'query'));
  return [...new Set([url, ...forms])];
}

/**
 * Returns every URL of a tile. For a template that does not contain the version, these are the URL without it and the
 * URL with the version parameter that pages may add.
 */
export function edgeUrls(edge: EdgeLayer, layer: string, tile: TileId, versions: readonly string[]): TileUrls {
  const urls = new Set<string>();
  for (const template of templatesOf(edge)) {
    const known = template.includes('{version}') ? versions : [undefined, ...versions];
    const listed = tileUrls({ ...edge, template, layer, versions: known }, tile);
    if (!listed.urls) return listed;
    for (const url of listed.urls) for (const spelling of spellingsOf(url)) urls.add(spelling);
  }
  return { urls: [...urls] };
}

/** Returns one URL of a tile, from the first template, to check a sample. */
export function tileUrl(edge: EdgeLayer, layer: string, tile: TileId, version?: string): string {
  const [template = ''] = templatesOf(edge);
  const versions = [template.includes('{version}') ? version : undefined];
  const listed = tileUrls({ ...edge, template, layer, versions }, tile);
  if (listed.urls) return listed.urls[0]!;
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field: 'edge.template',
    message: listed.why,
    remedy: 'Give a template that contains the coordinates of the tile, such as /tiles/roads/{z}/{x}/{y}.png.',
  });
}

const template: Read<string> = (value, field, code) => {
  if (typeof value !== 'string') return refuse(code, field, 'a URL that contains {z}, {x} and {y}');
  try {
    parseTemplate(value, 'https://tiles.invalid', field);
  } catch (error) {
    const { message, remedy } = error as { message: string; remedy?: string };
    return refuse(code, field, `a URL that contains {z}, {x} and {y}: ${message}`, remedy);
  }
  const why = unlistable(value);
  return why ? refuse(code, field, `a URL that contains {z}, {x} and {y}: ${why}`) : value;
};

/** Reads the option. Refuses unknown fields and invalid values. */
export const readEdge = record<EdgeLayer>(
  {
    template: (value, field, code) =>
      Array.isArray(value) ? list(template, 1, 32)(value, field, code) : template(value, field, code),
    scheme: word('xyz', 'tms'),
    crs: word('EPSG:3857', 'EPSG:4326', 'simple'),
    maxZoom: integer(0, 52),
    versionParam: text(/^[\w.~-]{1,64}$/, 'the name of a query parameter'),
    subdomains: list(text(/^[\w-]{1,63}$/, 'a part of a host name'), 1, 64),
    ratios: list(text(/^(@\d{1,2}(\.\d{1,2})?x)?$/, "'' or a ratio such as @2x"), 1, 8),
    queries: list(text(/^(\?[!-~]+)?$/, "'' or a query such as ?style=night"), 1, 64),
    zooms: readZooms,
    origin: template,
    bounds: readBBox,
    samples: readSamples,
    metadata: list(
      rule<string>((value) => typeof value === 'string' && value !== '', 'a URL'),
      0,
      10_000,
    ),
  },
  'INVALID_OPTION',
);
