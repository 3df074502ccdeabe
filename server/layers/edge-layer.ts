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

/** How the CDN sees a layer; needed to purge or verify single tiles. `template` to `versionParam` are the worker's options. */
export interface EdgeLayer extends Omit<UrlOptions, 'layer' | 'template' | 'versions'> {
  /**
   * The tile's URLs at the edge, all of them: `https://tiles.example/tiles/roads/{z}/{x}/{y}{r}.pbf`; other formats and hosts
   * are further templates. `{version}`, `{s}`, `{-y}`, `{quadkey}` and `{bbox-epsg-3857}` are allowed.
   */
  template: string | readonly string[];
  /** Zooms that exist. @default [0, 14], and those that a publication names */
  zooms?: readonly [number, number];
  /** URLs without z/x/y: TileJSON, styles; `{version}` is allowed. A purge by URL leaves out what is not listed. @default [] */
  metadata?: readonly string[];
  /** The tile's URL at the origin itself, past every edge; asked before a purge. @default the handler that `tileHeaders` wrapped in this process */
  origin?: string;
  /** Where the layer's data lies: samples are picked there. @default the world */
  bounds?: BBox;
  /** Tiles that always exist, to be asked for by the check at the edge; 16 at most. @default picked in the data */
  samples?: readonly TileId[];
}

/** Templates of a layer at the edge. */
export const templatesOf = ({ template }: EdgeLayer): readonly string[] =>
  typeof template === 'string' ? [template] : template;

/** True where the version stands in every tile's own URL. */
export const isVersioned = (edge: EdgeLayer): boolean =>
  templatesOf(edge).every((template) => template.includes('{version}'));

/** Why URLs are not purged one by one. */
export const tooMany = (maxUrls: number): string => `it touches more than ${maxUrls} URLs`;

/** What browsers leave as it is written, and scripts escape: `topp:states`, `topp%3Astates`. `@2x` is never escaped. */
const WRITTEN = { path: /%(3a|2c|2b|40|26|3b|3d|24)/gi, query: /%(3a|2c)/gi };
const ESCAPED = { path: /[:,+&;=$]|@(?!\d+(\.\d+)?x)/g, query: /[:,]/g };

/** The URL as a page may write it: a cache keeps `/topp:states/` and `/topp%3Astates/` apart, although they are one tile. */
function spellingsOf(url: string): string[] {
  const [, before = '', path = '', query = ''] =
    /^((?:[a-z][\w+.-]*:)?(?:\/\/[^/?#]*)?)([^?#]*)(.*)$/is.exec(url) ?? [];
  const written = (text: string, part: 'path' | 'query') => text.replace(WRITTEN[part], decodeURIComponent);
  const escaped = (text: string, part: 'path' | 'query') => text.replace(ESCAPED[part], encodeURIComponent);
  const forms = [written, escaped].map((form) => before + form(path, 'path') + form(query, 'query'));
  return [...new Set([url, ...forms])];
}

/**
 * Every URL of a tile. A template that names no version is asked for without one and, by pages that add the version
 * themselves, with the parameter.
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

/** One URL of a tile, that of the first template; for a sample. */
export function tileUrl(edge: EdgeLayer, layer: string, tile: TileId, version?: string): string {
  const [template = ''] = templatesOf(edge);
  const versions = [template.includes('{version}') ? version : undefined];
  const listed = tileUrls({ ...edge, template, layer, versions }, tile);
  if (listed.urls) return listed.urls[0]!;
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field: 'edge.template',
    message: listed.why,
    remedy: 'Give a template with the coordinates of the tile, such as /tiles/roads/{z}/{x}/{y}.png.',
  });
}

const template: Read<string> = (value, field, code) => {
  if (typeof value !== 'string') return refuse(code, field, 'a URL that holds {z}, {x} and {y}');
  try {
    parseTemplate(value, 'https://tiles.invalid', field);
  } catch (error) {
    const { message, remedy } = error as { message: string; remedy?: string };
    return refuse(code, field, `a URL that holds {z}, {x} and {y}: ${message}`, remedy);
  }
  const why = unlistable(value);
  return why ? refuse(code, field, `a URL that holds {z}, {x} and {y}: ${why}`) : value;
};

/** Reads the option; unknown fields and values without sense are refused. */
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
