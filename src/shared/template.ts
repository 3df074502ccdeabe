import { TileCacheError } from './errors';
import type { TileId } from './tile';
import { flipY } from './tile-math';

/** The longest URL or template that is looked at, in characters. */
export const MAX_URL_LENGTH = 2048;

/** What a template may name. `*` is any rest. */
export type Slot = 'layer' | 'z' | 'x' | 'y' | 's' | 'version' | 'r' | '*';

/** A run of text or a slot. */
export type Piece = { text: string } | { slot: Slot };

/** A parameter of a template's query: what its value must look like. */
export interface QueryPiece {
  name: string;
  pieces: readonly Piece[];
}

/** A template taken apart. `path` begins with the protocol and the host. */
export interface Template {
  path: readonly Piece[];
  query: readonly QueryPiece[];
}

const SLOTS = ['layer', 'z', 'x', 'y', 's', 'version', 'r'];

function bad(field: string, template: string, why: string): never {
  throw new TileCacheError({
    code: 'INVALID_TEMPLATE',
    field,
    message: `${field}: '${template.slice(0, 100)}' ${why}.`,
    remedy: "Write a path or an http(s) URL with {layer} {z} {x} {y} {s} {version} {r}, and '*' only at the end: '/tiles/{layer}/*'.",
  });
}

/** Text that a URL parser leaves as it is and that the template does not contain. */
function marker(template: string): string {
  let mark = 'zq';
  while (template.toLowerCase().includes(mark)) mark += 'q';
  return mark;
}

function pieces(text: string, mark: string, slots: readonly Slot[]): Piece[] {
  return text
    .split(new RegExp(`${mark}(\\d+)x`))
    .map((part, i): Piece => (i % 2 ? { slot: slots[Number(part)]! } : { text: part }))
    .filter((piece) => !('text' in piece) || piece.text);
}

/**
 * Takes a template apart; a path is put on `origin`. Throws `TileCacheError` INVALID_TEMPLATE.
 */
export function parseTemplate(template: string, origin: string, field = 'template'): Template {
  const fail = (why: string) => bad(field, template, why);
  if (template.length > MAX_URL_LENGTH) fail('is too long');
  if (!/^(\/(?!\/)|https?:\/\/)/i.test(template)) fail("begins neither with one '/' nor with http(s)://");
  if (template.includes('#')) fail("has a '#'");
  // The URL parser makes case, escapes and ports canonical; the slots go through it as marks.
  const slots: Slot[] = [];
  const mark = marker(template);
  const star = template.endsWith('*');
  const marked = (star ? template.slice(0, -1).replace(/\?$/, '') : template).replace(/\{([^{}]*)\}/g, (_, name: string) => {
    if (!SLOTS.includes(name)) fail(`names the unknown {${name}}`);
    if (name !== 's' && slots.includes(name as Slot)) fail(`names {${name}} twice`);
    return `${mark}${slots.push(name as Slot) - 1}x`;
  });
  if (/[{}*]/.test(marked)) fail("has a '{', '}' or '*' where none may stand");
  if ([...'zxy'].some((name) => slots.includes(name as Slot)) && ![...'zxy'].every((name) => slots.includes(name as Slot)))
    fail('must name all of {z}, {x}, {y} or none');
  let url: URL;
  try {
    url = new URL(marked, origin);
  } catch {
    return fail('is no valid URL');
  }
  if (url.username || url.password) fail('holds credentials');
  if (pieces(url.host, mark, slots).some((piece) => 'slot' in piece && !/^(s|layer)$/.test(piece.slot)))
    fail('has another slot than {s} or {layer} in its host');
  const path = pieces(`${url.protocol}//${url.host}${url.pathname}`, mark, slots);
  const query = url.search.slice(1).split('&').filter(Boolean).map((part): QueryPiece => {
    const at = `${part}=`.indexOf('=');
    return { name: decodeParam(part.slice(0, at)) ?? fail('has a broken escape'), pieces: pieces(part.slice(at + 1), mark, slots) };
  });
  if (star) {
    if (url.search) fail("has a '*' in its query");
    if (!template.endsWith('?*')) path.push({ slot: '*' });
  }
  // Where one slot ends and the next begins must be plain to see.
  for (const list of [path, ...query.map((param) => param.pieces)])
    list.forEach((piece, i) => {
      const next = list[i + 1];
      if ('slot' in piece && next && 'slot' in next && next.slot !== '*' && !(next.slot === 'r' && /^[zxy]$/.test(piece.slot)))
        fail(`needs text between {${piece.slot}} and {${next.slot}}`);
    });
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

/** A name or value of a query as text; `undefined` when an escape is broken. */
export function decodeParam(text: string): string | undefined {
  return decode(text.replaceAll('+', ' '));
}

/** What fills a template's slots. */
export interface TemplateValues {
  layer?: string;
  /** In XYZ numbering. */
  tile?: TileId;
  /** Goes to `{version}`, or else becomes the parameter `versionParam`. */
  version?: string | undefined;
  /** @default 'xyz' */
  scheme?: 'xyz' | 'tms';
  /** @default 'v' */
  versionParam?: string;
  /** For `{s}`. @default 'a' */
  subdomain?: string;
  /** For `{r}`, such as `@2x`. @default '' */
  ratio?: string;
  /** For `*`. @default `z/x/y` of the tile */
  rest?: string;
}

/**
 * The URL of a tile by its template, still relative where the template is.
 * Throws `TileCacheError` INVALID_TEMPLATE when a slot has no value.
 */
export function expandTemplate(template: string, values: TemplateValues): string {
  const { tile, version, layer } = values;
  const y = tile && (values.scheme === 'tms' ? flipY(tile.z, tile.y) : tile.y);
  const fill: Record<string, string | number | undefined> = {
    z: tile?.z,
    x: tile?.x,
    y,
    s: values.subdomain ?? 'a',
    r: values.ratio ?? '',
    layer: layer && encodeURIComponent(layer),
    version: version && encodeURIComponent(version),
  };
  const put = (name: string) => fill[name] ?? bad('template', template, `needs a value for {${name}}`);
  const star = template.endsWith('*');
  let url = (star ? template.slice(0, -1) : template).replace(/\{([^{}]*)\}/g, (_, name: string) => String(put(name)));
  if (star) url += values.rest ?? (tile ? `${tile.z}/${tile.x}/${y}` : '');
  if (!version || template.includes('{version}')) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${values.versionParam ?? 'v'}=${fill['version']}`;
}
