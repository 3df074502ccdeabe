import type { Map as MapLibreMap, RasterTileSource, RequestParameters, VectorTileSource } from 'maplibre-gl';
import type { TileId } from '../shared/tile';
import type { TileCover } from './binding';
import { cacheMode } from './load-image';

/** MapLibre's own members of a tile. */
export interface TileLike {
  state: string;
  hasData?(): boolean;
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

/** MapLibre 6 and late 5 on the left, earlier 5 on the right. */
interface TileManager {
  /** False where no visible layer shows the source. */
  used?: boolean;
  /** True where the map's terrain is made of it, in tiles of a size of its own. */
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

/** The part of a source that tile URLs come from. */
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

/** The map was taken down; its style is gone, and its methods throw. */
export const isRemoved = (map: MapLibreMap): boolean => internals(map)._removed === true;

/** The tiles that the map draws or waits for, each copy of the world apart. */
export function tilesInView(map: MapLibreMap, sourceId: string): TileLike[] {
  const manager = managerOf(map, sourceId);
  return manager?._inViewTiles?.getAllTiles() ?? Object.values(manager?._tiles ?? {});
}

/** How large a source's tiles are drawn: terrain is made of tiles of a lower zoom. */
export function sizing(
  map: MapLibreMap,
  sourceId: string,
  source: { tileSize: number; roundZoom?: boolean },
): { tileSize: number; roundZoom: boolean } {
  const { usedForTerrain, tileSize } = managerOf(map, sourceId) ?? {};
  if (usedForTerrain && tileSize) return { tileSize, roundZoom: false };
  return { tileSize: source.tileSize, roundZoom: source.roundZoom ?? false };
}

/** Returns the tiles that the view needs of a source, and those that MapLibre can draw. */
export function coverOfSource(map: MapLibreMap, sourceId: string): TileCover | undefined {
  const source = map.getSource(sourceId) as (RasterTileSource | VectorTileSource) | undefined;
  const manager = managerOf(map, sourceId);
  // Before its TileJSON is there, nobody knows what the view needs.
  if (!source?.loaded() || !manager) return undefined;
  // No layer shows it.
  if (manager.used === false && !manager.usedForTerrain) return { wanted: [], drawn: [] };
  const { minzoom, maxzoom } = source;
  const { tileSize, roundZoom } = sizing(map, sourceId, source);
  const place = ({ tileID: { canonical, wrap } }: Pick<TileLike, 'tileID'>): TileId => ({
    z: canonical.z,
    x: canonical.x + wrap * 2 ** canonical.z,
    y: canonical.y,
  });
  // What a vector source is asked for beyond its last zoom does not change which bytes it needs.
  const ideal = map.coveringTiles({ tileSize, minzoom, maxzoom, roundZoom });
  return {
    wanted: ideal.filter((tileID) => source.hasTile(tileID)).map((tileID) => place({ tileID })),
    drawn: tilesInView(map, sourceId)
      .filter((tile) => tile.hasData?.())
      .map(place),
  };
}

/** Drops tiles that the map keeps for a later pan: they would come back with their old bytes. */
export function dropHidden(map: MapLibreMap, sourceId: string, holds: (tile: TileId) => boolean): void {
  const manager = managerOf(map, sourceId);
  const hidden = manager?._outOfViewCache ?? manager?._cache;
  if (!hidden?.data || !hidden.remove) return void hidden?.reset?.();
  for (const entries of Object.values(hidden.data))
    for (const entry of [...entries]) if (holds(entry.value.tileID.canonical)) hidden.remove(entry.value.tileID, entry);
}

/** The request that MapLibre would make for a tile, or `undefined` where it cannot be told. */
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

/** The request that MapLibre would make for an image or a tile of other bytes. `type`: what it tells `transformRequest`. */
export async function requestOf(
  map: MapLibreMap,
  address: string,
  kind: 'Image' | 'Tile',
  type: string = kind,
): Promise<{ url: string; init: RequestInit } | undefined> {
  const { _requestManager: requests } = internals(map);
  if (!requests) return undefined;
  const { url, headers, credentials, cache, referrerPolicy } = await requests.transformRequest(address, type);
  // Schemes of addProtocol() are not for fetch.
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
 * Has MapLibre look for tiles of lower zooms where tiles have failed: by itself it does so after a 404 only, and else
 * when the map moves. One level a time, until nothing new has failed.
 */
export function createClimb(map: Pick<MapLibreMap, 'getRenderWorldCopies' | 'setRenderWorldCopies'>) {
  let before = '';
  return (missing: readonly string[]): void => {
    const now = missing.join();
    if (now === before) return;
    before = now;
    // The one public call that has the sources updated and changes nothing.
    if (now) map.setRenderWorldCopies(map.getRenderWorldCopies());
  };
}
