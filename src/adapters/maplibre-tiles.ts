import type {
  Map as MapLibreMap,
  RasterDEMTileSource,
  RasterTileSource,
  RequestParameters,
  VectorTileSource,
} from 'maplibre-gl';
import type { TileId } from '../shared/tile';
import { tileKey } from '../screen/tile-key';
import { originTile } from './origin-tiles';
import { cacheMode } from './load-image';

/** MapLibre's own members of a tile. */
export interface TileLike {
  state: string;
  hasData?(): boolean;
  /** The parsed layers of a vector tile. */
  buckets?: object;
  /** The heights of a terrain tile. */
  dem?: object;
  /** The image of a raster tile: a single pixel if the response was empty. */
  texture?: { size: readonly number[] };
  tileID: {
    wrap: number;
    canonical: TileId & { url?(urls: string[], pixelRatio: number, scheme?: string, matrixSet?: unknown): string };
  };
}

type Canonical = TileLike['tileID']['canonical'];

/** A source of tiles, as far as all types have it in common. */
export type TileSource = (RasterTileSource | RasterDEMTileSource | VectorTileSource) & { url?: string };

interface HiddenTiles {
  data?: Record<string, Array<{ value: TileLike }>>;
  remove?(tileID: unknown, entry?: unknown): unknown;
  reset?(): unknown;
}

/** MapLibre's tile manager. Where two names stand, the first is of MapLibre 6 and late 5, the second of earlier 5. */
interface TileManager {
  /** `false` if no visible layer shows the source. */
  used?: boolean;
  /** `true` if the map's terrain uses the source; its tiles then have another size. */
  usedForTerrain?: boolean;
  tileSize?: number;
  _inViewTiles?: { getAllTiles(): TileLike[] };
  _tiles?: Record<string, TileLike>;
  _outOfViewCache?: HiddenTiles;
  _cache?: HiddenTiles;
}

interface MapInternals {
  style?: {
    tileManagers?: Record<string, TileManager>;
    sourceCaches?: Record<string, TileManager>;
    projection?: { worldCoordinateHelper?: { tileMatrixSet?: unknown } };
  };
  _removed?: boolean;
  /** Zooms below the map's last one at which MapLibre 6 no longer cuts tiles out of those of a source's last zoom. */
  _zoomLevelsToOverscale?: number;
  _requestManager?: { transformRequest(url: string, type: string): RequestParameters | Promise<RequestParameters> };
}

/** The members of a source that determine its tile URLs. */
interface UrlSource {
  type: string;
  tiles: string[];
  scheme: string;
}

export const internals = (map: MapLibreMap) => map as unknown as MapInternals;

export function managerOf(map: MapLibreMap, sourceId: string): TileManager | undefined {
  const { style } = internals(map);
  return style?.tileManagers?.[sourceId] ?? style?.sourceCaches?.[sourceId];
}

/** Returns true if the map was removed: its style is gone, and its methods throw. */
export const isRemoved = (map: MapLibreMap): boolean => internals(map)._removed === true;

/**
 * Returns the source, if it has tiles: another style may have given its id to a source of another type. While a WebGL
 * context is lost, the map has no style, and MapLibre 5 throws.
 */
export function sourceOf(map: MapLibreMap, sourceId: string): TileSource | undefined {
  const source = internals(map).style ? map.getSource<TileSource>(sourceId) : undefined;
  return typeof source?.hasTile === 'function' ? source : undefined;
}

/** Returns the tiles that the map draws or waits for, each copy of the world separately. */
export function tilesInView(map: MapLibreMap, sourceId: string): TileLike[] {
  const manager = managerOf(map, sourceId);
  return manager?._inViewTiles?.getAllTiles() ?? Object.values(manager?._tiles ?? {});
}

/** Returns the numbers of the tiles in view at the origin, and which of the map's tiles show each. */
export function originsInView(map: MapLibreMap, sourceId: string): Map<string, TileLike[]> {
  const source = sourceOf(map, sourceId);
  const origins = new Map<string, TileLike[]>();
  for (const tile of source ? tilesInView(map, sourceId) : []) {
    const key = tileKey(originTile(tile.tileID.canonical, source!));
    origins.set(key, [...(origins.get(key) ?? []), tile]);
  }
  return origins;
}

/** Returns how large a source's tiles are drawn. Terrain uses tiles of a lower zoom. */
export function sizing(
  map: MapLibreMap,
  sourceId: string,
  source: { tileSize: number; roundZoom?: boolean },
): { tileSize: number; roundZoom: boolean } {
  const { usedForTerrain, tileSize } = managerOf(map, sourceId) ?? {};
  if (usedForTerrain && tileSize) return { tileSize, roundZoom: false };
  return { tileSize: source.tileSize, roundZoom: source.roundZoom ?? false };
}

/**
 * Drops tiles that the map keeps for later: they would come back with their old bytes. `holds` is asked for the
 * origin's tiles.
 */
export function dropHidden(map: MapLibreMap, sourceId: string, holds: (tile: TileId) => boolean): void {
  const source = sourceOf(map, sourceId);
  const manager = managerOf(map, sourceId);
  const hidden = manager?._outOfViewCache ?? manager?._cache;
  if (!source || !hidden?.data || !hidden.remove) return void hidden?.reset?.();
  for (const entries of Object.values(hidden.data))
    for (const entry of [...entries])
      if (holds(originTile(entry.value.tileID.canonical, source))) hidden.remove(entry.value.tileID, entry);
}

/**
 * Returns the request that MapLibre would send for a tile of the origin, or `undefined` if that cannot be told.
 * `like`: MapLibre exports no constructor of tile numbers, so one of its own has to be given.
 */
export async function tileRequest(
  map: MapLibreMap,
  source: UrlSource,
  { z, x, y }: TileId,
  like: Canonical,
): Promise<{ url: string; init: RequestInit } | undefined> {
  const { style } = internals(map);
  const canonical = canonicalOf({ z, x, y }, like);
  if (!canonical.url) return undefined;
  const matrixSet = style?.projection?.worldCoordinateHelper?.tileMatrixSet;
  const template = canonical.url(source.tiles, map.getPixelRatio(), source.scheme, matrixSet);
  return requestOf(map, template, source.type.startsWith('raster') ? 'Image' : 'Tile', 'Tile');
}

/** Returns MapLibre's own form of a tile's number. */
export function canonicalOf({ z, x, y }: TileId, like: Canonical): Canonical {
  return new (like.constructor as new (z: number, x: number, y: number) => Canonical)(z, x, y);
}

/**
 * Returns the request that MapLibre would send for a URL. `type` is the resource type that it passes to
 * `transformRequest`.
 */
export async function requestOf(
  map: MapLibreMap,
  address: string,
  kind: 'Image' | 'Tile',
  type: string = kind,
): Promise<{ url: string; init: RequestInit } | undefined> {
  const { _requestManager: requests } = internals(map);
  if (!requests) return undefined;
  const { url, headers, credentials, cache, referrerPolicy } = await requests.transformRequest(address, type);
  // `fetch` does not know the schemes of `addProtocol()`.
  if (!/^(https?:|[^:]*$)/.test(url)) return undefined;
  const accept = kind === 'Image' ? { accept: 'image/webp,*/*' } : {};
  return {
    url,
    init: {
      headers: { ...headers, ...accept },
      ...(credentials && { credentials }),
      cache: cache ?? cacheMode(),
      ...(referrerPolicy && { referrerPolicy: referrerPolicy as ReferrerPolicy }),
    },
  };
}

/**
 * Makes MapLibre look for tiles of lower zooms in place of failed ones. By itself it does so only after a 404, or when
 * the map moves. Goes up one zoom at a time, until no further tile fails.
 */
export function createClimb(map: Pick<MapLibreMap, 'getRenderWorldCopies' | 'setRenderWorldCopies'>) {
  let before = '';
  return (missing: readonly string[]): void => {
    const now = missing.join();
    if (now === before) return;
    before = now;
    // This is the one public call that updates the sources without changing anything.
    if (now) map.setRenderWorldCopies(map.getRenderWorldCopies());
  };
}
