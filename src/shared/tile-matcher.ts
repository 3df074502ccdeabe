import type { ResolvedLayer } from './layer-options';
import { matchPieces, type Captured } from './match-pieces';
import { DEFAULT_TEMPLATE } from './resolve-layer';
import {
  badTemplate,
  decode,
  MAX_URL_LENGTH,
  parseTemplate,
  searchParts,
  type Pieces,
  type Template,
} from './template';
import { MAX_ZOOM, type TileId } from './tile';
import { flipY } from './tile-math';
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

const texts = (pieces: Pieces) => pieces.filter((_, i) => i % 2 === 0);

function createRoute(template: string, origin: string): Route {
  const parsed = parseTemplate(template, origin);
  const path = texts(parsed.path);
  // Not the host: a URL may write it with credentials or in capitals before it is parsed.
  const needle = path
    .join('\n')
    .replace(/^\w+:\/\/[^/]*/, '')
    .split('\n')
    .reduce((a, b) => (b.length > a.length ? b : a));
  const literal = [...path, ...parsed.query.flatMap(([name, value]) => [name, ...texts(value)])].join('').length;
  return { ...parsed, needle, rank: path[0]!.length * 4 * MAX_URL_LENGTH + literal };
}

/** Calls `make` once a name; forgets the oldest names beyond a limit. */
function remember<T>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    if (!known.has(name)) {
      const value = make(name);
      if (known.size >= MAX_NAMES) known.delete(known.keys().next().value!);
      known.set(name, value);
    }
    return known.get(name)!;
  };
}

function toTile(z: string, x: string, y: string): TileId | undefined {
  const tile = { z: +z, x: +x, y: +y };
  return tile.z <= MAX_ZOOM && Math.max(tile.x, tile.y) < 2 ** tile.z ? tile : undefined;
}

/** The z, x, y that end a path: `3/4/5`, `3/4/5@2x.png`, `3/4/5.vector.pbf`. */
function tileAtEnd(path: string): TileId | undefined {
  const match = /^(?:.*\/)?(\d{1,2})\/(\d{1,10})\/(\d{1,10})(?:@\d{1,2}(?:\.\d{1,2})?x)?(?:\.[\w.+-]*)?$/.exec(path);
  return match ? toTile(match[1]!, match[2]!, match[3]!) : undefined;
}

/** What the URL's parameters are to a layer; those of the template come as `folded`. */
function readQuery(search: string, layer: ResolvedLayer, folded: Map<string, string>) {
  const kept: string[] = [];
  const secrets: string[] = [];
  let version: string | undefined;
  for (const { part, name, value } of searchParts(search)) {
    const lower = name.toLowerCase();
    const text = folded.get(name);
    if (layer.secretParams.includes(lower)) secrets.push(`${lower}=${value}`);
    // What the template itself names is never ignored: it may be the tile's place.
    else if (text) {
      kept.push(`${part.split('=', 1)[0]}=${text}`);
      folded.delete(name);
    } else if (text === '' || name === layer.versionParam) version ??= decode(value);
    else if (!layer.ignoreParams.includes(name)) kept.push(part);
  }
  return { query: kept.length ? `?${kept.join('&')}` : '', secrets, version };
}

/** Lays the template's query on the URL's, in any order; fills `folded` and `found`. */
function matchQuery(
  route: Route,
  search: string,
  isLayer: (raw: string) => boolean,
  found: Captured,
  folded: Map<string, string>,
): boolean {
  const given = route.query.length ? searchParts(search) : [];
  return route.query.every(([name, pieces]) => {
    const value = given.find((param) => param.name === name)?.value;
    // A page asks without a version until it has learnt one.
    if (!value && pieces.join('') === 'version') return true;
    const match = value === undefined ? undefined : matchPieces(pieces, value, isLayer);
    if (!match) return false;
    folded.set(name, match.folded);
    Object.assign(found, match, { folded: found.folded });
    return true;
  });
}

function resolve(route: Route, url: URL): TileAddress | undefined {
  const layerOf = (raw: string) => {
    const name = decode(raw);
    return isLayerName(name) ? (route.byName?.get(name) ?? route.catchAll?.(name)) : undefined;
  };
  // A number may be a zoom; it is looked at again when the rest is known.
  const isLayer = (raw: string) => /^\d+$/.test(raw) || !!layerOf(raw);
  const found = matchPieces(route.path, `${url.protocol}//${url.host}${url.pathname}`, isLayer);
  const folded = new Map<string, string>();
  if (!found || !matchQuery(route, url.search, isLayer, found, folded)) return undefined;

  const { layer: raw = '', '*': rest } = found;
  let tile = found.z ? toTile(found.z, found.x!, found.y!) : rest && tileAtEnd(rest);
  if (found.z && !tile) return undefined;
  let name = raw;
  // `/tiles/3/4/5.png`: a number in the layer's place is the zoom of layer `default`.
  if (rest !== undefined && !tile && /^\d+$/.test(raw)) {
    tile = tileAtEnd(`${raw}/${rest}`);
    if (tile || !route.byName?.has(raw)) name = 'default';
  }
  const layer = route.layer ?? layerOf(name);
  if (!layer) return undefined;
  if (tile && layer.scheme === 'tms') tile.y = flipY(tile.z, tile.y);

  const { query, secrets, version: ofQuery } = readQuery(url.search, layer, folded);
  if (url.username || url.password) secrets.push(`@=${url.username}:${url.password}`);
  const version = decode(found.version ?? '') || ofQuery;
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
        badTemplate(`layers.${layer.name}.template`, template, `is that of layer ${route.layer.name} too`);
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
