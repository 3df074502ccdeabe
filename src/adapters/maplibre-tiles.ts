import type { Map as MapLibreMap, RasterTileSource, RequestParameters, VectorTileSource } from 'maplibre-gl';
import type { TileId } from '../shared/tile';
import type { TileCover } from './binding';
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
  _requestManager?: { transformRequest(url: string, type: string): RequestParameters | Promise<RequestParameters> };
}

/** The members of a source that determine its tile URLs. */
interface UrlSource {
  type: string;
  tiles: string[];
  scheme: string;
}

const internals = (map: MapLibreMap) => map as unknown as MapInternals;

function managerOf(map: MapLibreMap, sourceId: string): TileManager | undefined {
  const { style } = internals(map);
  return style?.tileManagers?.[sourceId] ?? style?.sourceCaches?.[sourceId];
}

/** Returns true if the map was removed: its style is gone, and its methods throw. */
export const isRemoved = (map: MapLibreMap): boolean => internals(map)._removed === true;

/** Returns the tiles that the map draws or waits for, each copy of the world separately. */
export function tilesInView(map: MapLibreMap, sourceId: string): TileLike[] {
  const manager = managerOf(map, sourceId);
  return manager?._inViewTiles?.getAllTiles() ?? Object.values(manager?._tiles ?? {});
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

/** Returns the tiles of a source that the view needs, and those that MapLibre can draw. */
export function coverOfSource(map: MapLibreMap, sourceId: string): TileCover | undefined {
  const source = map.getSource(sourceId) as (RasterTileSource | VectorTileSource) | undefined;
  const manager = managerOf(map, sourceId);
  // Until its TileJSON has arrived, the tiles that the view needs are unknown.
  if (!source?.loaded() || !manager) return undefined;
  // No layer shows the source.
  if (manager.used === false && !manager.usedForTerrain) return { wanted: [], drawn: [] };
  const { minzoom, maxzoom } = source;
  const { tileSize, roundZoom } = sizing(map, sourceId, source);
  const place = ({ tileID: { canonical, wrap } }: Pick<TileLike, 'tileID'>): TileId => ({
    z: canonical.z,
    x: canonical.x + wrap * 2 ** canonical.z,
    y: canonical.y,
  });
  // Beyond a vector source's last zoom, further zooms use the same bytes.
  const ideal = map.coveringTiles({ tileSize, minzoom, maxzoom, roundZoom });
  const loaded = tilesInView(map, sourceId).filter((tile) => tile.hasData?.());
  return {
    wanted: ideal.filter((tileID) => source.hasTile(tileID)).map((tileID) => place({ tileID })),
    drawn: loaded.map(place),
    ...(loaded.length > 0 && loaded.every(isEmpty) && { empty: true }),
  };
}

/** Returns true for a loaded tile in which MapLibre found nothing to draw. */
function isEmpty({ buckets, dem, texture }: TileLike): boolean {
  return !!buckets && Object.keys(buckets).length === 0 && !dem && !(texture && texture.size[0]! > 1);
}

/** Drops tiles that the map keeps for later: they would come back with their old bytes. */
export function dropHidden(map: MapLibreMap, sourceId: string, holds: (tile: TileId) => boolean): void {
  const manager = managerOf(map, sourceId);
  const hidden = manager?._outOfViewCache ?? manager?._cache;
  if (!hidden?.data || !hidden.remove) return void hidden?.reset?.();
  for (const entries of Object.values(hidden.data))
    for (const entry of [...entries]) if (holds(entry.value.tileID.canonical)) hidden.remove(entry.value.tileID, entry);
}

/** Returns the request that MapLibre would send for a tile, or `undefined` if that cannot be told. */
export async function tileRequest(
  map: MapLibreMap,
  source: UrlSource,
  { tileID: { canonical } }: TileLike,
): Promise<{ url: string; init: RequestInit } | undefined> {
  const { style } = internals(map);
  if (!canonical.url) return undefined;
  const matrixSet = style?.projection?.worldCoordinateHelper?.tileMatrixSet;
  const template = canonical.url(source.tiles, map.getPixelRatio(), source.scheme, matrixSet);
  return requestOf(map, template, source.type.startsWith('raster') ? 'Image' : 'Tile', 'Tile');
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
