import { TileCacheError } from './errors';
import type { ResolvedLayer } from './layer-options';
import { matchPieces, type Captured } from './match-pieces';
import { DEFAULT_TEMPLATE } from './resolve-layer';
import { decode, decodeParam, MAX_URL_LENGTH, parseTemplate, type Piece, type Template } from './template';
import { MAX_ZOOM, type TileId } from './tile';
import { flipY, isTile } from './tile-math';
import { isLayerName, isVersion } from './validate';

/** What a URL means to the cache. */
export interface TileAddress {
  layer: ResolvedLayer;
  /** In XYZ numbering, `tms` already flipped; absent for URLs without z/x/y (metadata). */
  tile?: TileId;
  /** The version that the URL carries, as a parameter or a path segment. */
  version?: string;
  /** The canonical absolute URL: without version, secrets, ignored parameters and fragment, subdomains folded. */
  key: string;
  /** The URL's secrets, `name=value&…` in sorted order, '' if none; only their hash may be stored. */
  secrets: string;
}

/** Options of `createTileMatcher`. */
export interface TileMatcherOptions {
  layers: readonly ResolvedLayer[];
  /** Makes the layer for a name under `/tiles/{layer}/*` that no configured layer bears. */
  catchAll?: (name: string) => ResolvedLayer | undefined;
  /** The worker's own origin; path templates are matched there. */
  origin: string;
}

/** One template and the layers that it may lead to. */
interface Route extends Template {
  /** Text that every URL of the route contains; a cheap test before the URL is parsed. */
  needle: string;
  rank: number;
  /** By name where the template has `{layer}`. */
  byName?: Map<string, ResolvedLayer>;
  layer?: ResolvedLayer;
  catchAll?: (name: string) => ResolvedLayer | undefined;
}

const MAX_NAMES = 1000;

const texts = (pieces: readonly Piece[]) => pieces.map((piece) => ('text' in piece ? piece.text : ''));

function createRoute(template: string, origin: string): Route {
  const parsed = parseTemplate(template, origin);
  const path = texts(parsed.path);
  // Not the host: a URL may write it with credentials or in capitals before it is parsed.
  const needle = path
    .map((text, i) => (i ? text : text.replace(/^\w+:\/\/[^/]*/, '')))
    .reduce((a, b) => (b.length > a.length ? b : a), '');
  const literal = path.join('').length + parsed.query.map((param) => param.name + texts(param.pieces).join('')).join('').length;
  return { ...parsed, needle, rank: path[0]!.length * 4 * MAX_URL_LENGTH + literal };
}

/** Calls `make` once a name; forgets the oldest names beyond a limit. */
function remember<T>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    if (known.has(name)) return known.get(name)!;
    const value = make(name);
    if (known.size >= MAX_NAMES) known.delete(known.keys().next().value!);
    known.set(name, value);
    return value;
  };
}

/** The z, x, y that end a path: `3/4/5`, `3/4/5@2x.png`, `3/4/5.vector.pbf`. */
function tileAtEnd(path: string): TileId | undefined {
  const match = /^(?:.*\/)?(\d{1,2})\/(\d{1,10})\/(\d{1,10})(?:@\d{1,2}(?:\.\d{1,2})?x)?(?:\.[\w.+-]*)?$/.exec(path);
  return match ? toTile(match[1]!, match[2]!, match[3]!) : undefined;
}

function toTile(z: string, x: string, y: string): TileId | undefined {
  const tile = { z: +z, x: +x, y: +y };
  return isTile(tile, MAX_ZOOM) ? tile : undefined;
}

/** `/tiles/3/4/5.png`: a number in the layer's place is the zoom of layer `default`. */
function isZoom(raw: string, rest: string | undefined, known: boolean): boolean {
  return rest !== undefined && /^\d+$/.test(raw) && !tileAtEnd(rest) && (!known || !!tileAtEnd(`${raw}/${rest}`));
}

/** What the parameters of a URL are to a layer. */
function readQuery(search: string, layer: ResolvedLayer, folded: Map<string, string>) {
  const kept: string[] = [];
  const secrets: string[] = [];
  let version: string | undefined;
  for (const part of search.slice(1).split('&')) {
    if (!part) continue;
    const at = `${part}=`.indexOf('=');
    const raw = part.slice(0, at);
    const name = decodeParam(raw) ?? raw;
    const value = part.slice(at + 1);
    if (layer.secretParams.includes(name.toLowerCase())) secrets.push(`${name.toLowerCase()}=${value}`);
    else if (name === layer.versionParam || folded.get(name) === '') version ??= decodeParam(value);
    else if (!layer.ignoreParams.includes(name)) kept.push(folded.has(name) ? `${raw}=${folded.get(name)}` : part);
  }
  return { query: kept.length ? `?${kept.join('&')}` : '', secrets, version };
}

/** The first value of a parameter, undecoded. */
function param(search: string, name: string): string | undefined {
  for (const part of search.slice(1).split('&')) {
    const at = `${part}=`.indexOf('=');
    if (decodeParam(part.slice(0, at)) === name) return part.slice(at + 1);
  }
  return undefined;
}

/** Lays the template's query on the URL's, in any order; fills `folded` and `found`. */
function matchQuery(route: Route, search: string, isLayer: (raw: string) => boolean, found: Captured, folded: Map<string, string>): boolean {
  return route.query.every(({ name, pieces }) => {
    const value = param(search, name);
    const optional = pieces.every((piece) => 'slot' in piece && /^(version|r)$/.test(piece.slot));
    if (!value) return optional && (pieces.length > 0 || value === '');
    const match = matchPieces(pieces, value, isLayer);
    if (!match) return false;
    const { folded: text, ...rest } = match;
    Object.assign(found, rest);
    folded.set(name, text);
    return true;
  });
}

function resolve(route: Route, url: URL): TileAddress | undefined {
  const layerOf = (raw: string) => {
    const name = decode(raw);
    return name !== undefined && isLayerName(name) ? (route.byName?.get(name) ?? route.catchAll?.(name)) : undefined;
  };
  // A number may be a zoom; it is looked at again when the rest is known.
  const isLayer = (raw: string) => /^\d+$/.test(raw) || !!layerOf(raw);
  const found = matchPieces(route.path, `${url.protocol}//${url.host}${url.pathname}`, isLayer);
  if (!found) return undefined;
  const folded = new Map<string, string>();
  if (!matchQuery(route, url.search, isLayer, found, folded)) return undefined;

  const raw = found.layer ?? '';
  const zoom = isZoom(raw, found.rest, !!route.byName?.has(raw));
  const layer = route.layer ?? layerOf(zoom ? 'default' : raw);
  if (!layer) return undefined;
  let tile = found.rest !== undefined ? tileAtEnd(zoom ? `${raw}/${found.rest}` : found.rest) : undefined;
  if (found.z !== undefined) {
    tile = toTile(found.z, found.x!, found.y!);
    if (!tile) return undefined;
  }
  if (tile && layer.scheme === 'tms') tile.y = flipY(tile.z, tile.y);

  const { query, secrets, version: ofQuery } = readQuery(url.search, layer, folded);
  if (url.username || url.password) secrets.push(`@=${url.username}:${url.password}`);
  const version = found.version === undefined ? ofQuery : decode(found.version);
  return {
    layer,
    key: found.folded + query,
    secrets: secrets.sort().join('&'),
    ...(tile && { tile }),
    ...(isVersion(version) && { version }),
  };
}

function createRoutes({ layers, origin }: TileMatcherOptions): Route[] {
  const routes = new Map<string, Route>();
  for (const layer of layers)
    for (const template of layer.templates) {
      const route = routes.get(template) ?? createRoute(template, origin);
      if (template.includes('{layer}')) (route.byName ??= new Map()).set(layer.name, layer);
      else if (route.layer && route.layer !== layer)
        throw new TileCacheError({
          code: 'INVALID_TEMPLATE',
          field: `layers.${layer.name}.template`,
          message: `Layers ${route.layer.name} and ${layer.name} have the same template.`,
          remedy: 'Give each layer its own template, or use {layer} in it.',
        });
      else route.layer = layer;
      routes.set(template, route);
    }
  return [...routes.values()].sort((a, b) => b.rank - a.rank);
}

/**
 * Makes the function that says which tile a URL is, or `undefined` when it is none of ours.
 * Synchronous and bounded; configured layers come before the catch-all, more specific templates first.
 * Throws `TileCacheError` INVALID_TEMPLATE when two layers share a template without `{layer}`.
 */
export function createTileMatcher(options: TileMatcherOptions): (url: string) => TileAddress | undefined {
  const { layers, catchAll, origin } = options;
  const routes = createRoutes(options);
  if (catchAll) {
    const configured = new Set(layers.map((layer) => layer.name));
    routes.push({
      ...createRoute(DEFAULT_TEMPLATE, origin),
      catchAll: remember((name) => (configured.has(name) ? undefined : catchAll(name))),
    });
  }
  return (url) => {
    if (url.length > MAX_URL_LENGTH || !routes.some((route) => url.includes(route.needle))) return undefined;
    let parsed: URL;
    try {
      parsed = new URL(url);
    } catch {
      return undefined;
    }
    for (const route of routes) {
      const address = resolve(route, parsed);
      if (address) return address;
    }
    return undefined;
  };
}
