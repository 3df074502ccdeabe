import type { Windows } from '../../src/shared/layer-options';
import { presets } from '../../src/shared/presets';
import type { Handler } from '../http/http';
import { badPath, leadsAway } from '../http/safe-path';
import { checkLayer } from './layer-options';
import type { OriginLayer } from './origin-layer';
import { layerTag, metadataTag, zoomTag } from '../tiles/cache-tags';
import { layerState, type OriginState } from '../versions/state';
import { createTilePaths } from '../tiles/tile-layer';

/** Seconds of a year, which stand for "forever": the longest time that caches agree on. */
const YEAR = 31_536_000;

/**
 * Returns the `Cache-Control` of a layer's tiles, or `undefined` if the layer configures none. Throws `INVALID_OPTION`,
 * which names the option.
 */
export function cacheControlOf(layer: OriginLayer): string | undefined {
  checkLayer(layer, '');
  return directivesOf(layer);
}

/** Returns the directives of a layer that was checked when the origin was created. */
function directivesOf(layer: OriginLayer): string | undefined {
  const windows: Windows = { ...(layer.preset && presets[layer.preset]), ...definedWindows(layer) };
  const directives: Array<[name: string, seconds: number | undefined]> = [
    ['max-age', windows.maxAge],
    ['s-maxage', layer.sharedMaxAge],
    ['stale-while-revalidate', windows.staleWhileRevalidate],
    ['stale-if-error', windows.staleIfError],
  ];
  const given = directives.flatMap(([name, seconds]) =>
    seconds === undefined ? [] : [`${name}=${Math.min(YEAR, Math.floor(seconds))}`],
  );
  return given.length > 0 ? ['public', ...given].join(', ') : undefined;
}

function definedWindows({ maxAge, staleWhileRevalidate, staleIfError }: Windows): Windows {
  return {
    ...(maxAge !== undefined && { maxAge }),
    ...(staleWhileRevalidate !== undefined && { staleWhileRevalidate }),
    ...(staleIfError !== undefined && { staleIfError }),
  };
}

/**
 * Returns the version of the data that the origin renders now: a staged version, before clients hear of it, or else the
 * one in force.
 */
function dataVersion(state: OriginState, layer: string): string | undefined {
  const known = layerState(state, layer);
  return known?.staged ?? known?.version;
}

function nameIn(pathname: string): string | undefined {
  try {
    const name = /\/tiles\/([^/]+)\.json$/.exec(pathname)?.[1];
    return name && decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

/** Options of the middleware. */
export interface TileHeadersOptions {
  layers: Record<string, OriginLayer>;
  present: () => Promise<OriginState>;
  /**
   * Returns the layer of a request; `undefined` leaves the response unchanged.
   * @default the segment after `/tiles/`, or `default` if that segment is a zoom; for `/tiles/{layer}.json` a known
   * layer
   */
  layerOf?: (request: Request) => string | undefined;
}

/** Returns the zoom of `…/{z}/{x}/{y}` with any extension and `@2x`, as the worker reads it. */
function zoomIn(pathname: string): number | undefined {
  const zoom = /\/(\d+)\/\d+\/\d+([-_]\d(\.\d)?x)?([^\w/-][^/]*)?\/?$/.exec(pathname)?.[1];
  return zoom === undefined ? undefined : Number(zoom);
}

/**
 * Wraps a tile handler: adds `X-Tile-Version`, `Cache-Control` (unless the handler sets it), `Cache-Tag` and
 * `Surrogate-Key`. If a publication happens while a tile is being made, the tile may belong to either version: the
 * response then carries no version, and no cache stores it. The same holds while the store cannot be read.
 */
export function createTileHeaders({ layers, present, layerOf }: TileHeadersOptions): (handler: Handler) => Handler {
  const pathOf = createTilePaths(Object.keys(layers));
  /** Returns the layer of `/tiles/{layer}.json`, if a layer of that name exists. */
  const tileJsonOf = async (pathname: string) => {
    const name = nameIn(pathname);
    if (name === undefined || Object.hasOwn(layers, name)) return name;
    const state = await present().catch(() => undefined);
    return state && layerState(state, name) ? name : undefined;
  };
  /** Resolves with `null` while the store cannot be read: nothing then tells of which version a tile is. */
  const versionOf = (layer: string) =>
    present().then(
      (state) => dataVersion(state, layer),
      () => null,
    );
  return (handler) => async (request, context) => {
    const { pathname } = new URL(request.url);
    if (leadsAway(pathname)) return badPath();
    const path = pathOf(request);
    const layer = layerOf ? layerOf(request) : (path?.layer ?? (await tileJsonOf(pathname)));
    if (layer === undefined) return handler(request, context);
    const before = await versionOf(layer);
    const response = await handler(request, context);
    const after = await versionOf(layer);
    const headers = new Headers(response.headers);
    const zoom = path?.tile?.z ?? zoomIn(pathname);
    const isTile = path?.isTile || zoom !== undefined;
    const tags = [layerTag(layer), zoomTag(layer, zoom), ...(isTile ? [] : [metadataTag(layer)])];
    headers.append('cache-tag', tags.join(','));
    headers.set('surrogate-key', [headers.get('surrogate-key'), ...tags].filter(Boolean).join(' '));
    if (before !== after || after === null) headers.set('cache-control', 'no-store');
    else {
      if (after !== undefined && response.status < 500) headers.set('x-tile-version', after);
      if (!headers.has('cache-control'))
        setCacheControl(headers, response.status, Object.hasOwn(layers, layer) ? layers[layer] : undefined);
    }
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  };
}

/** Temporary redirects, which caches store only if somebody says so (RFC 9110 section 15.4): they may lead to a signed URL. */
const TEMPORARY = [302, 303, 307];

function setCacheControl(headers: Headers, status: number, layer: OriginLayer | undefined): void {
  if (TEMPORARY.includes(status)) return;
  // Do not cache errors. Cache "no such tile" for a short time only: it may be said in the middle of a publication.
  const value = isNone(status, headers)
    ? layer && `public, max-age=${Math.min(YEAR, Math.floor(layer.negativeMaxAge ?? 60))}`
    : status < 400
      ? layer && directivesOf(layer)
      : 'no-store';
  if (value) headers.set('cache-control', value);
}

function isNone(status: number, headers: Headers): boolean {
  return [204, 404, 410].includes(status) || (status < 300 && headers.get('content-length') === '0');
}
