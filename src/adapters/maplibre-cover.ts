import type { Map as MapLibreMap } from 'maplibre-gl';
import { tileKey, tileOfKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';
import type { TileCover } from './binding';
import { originTile } from './maplibre-cuts';
import { type TileLike, type TileSource, internals, managerOf, sizing, sourceOf, tilesInView } from './maplibre-tiles';

/** Returns the tiles of a source that the view needs, and those that MapLibre can draw. */
export function coverOfSource(map: MapLibreMap, sourceId: string): TileCover | undefined {
  const source = sourceOf(map, sourceId);
  const manager = managerOf(map, sourceId);
  // Until its TileJSON has arrived, the tiles that the view needs are unknown.
  if (!source?.loaded() || !manager) return undefined;
  // No layer shows the source.
  if (manager.used === false && !manager.usedForTerrain) return { wanted: [], drawn: [] };
  const { minzoom, maxzoom } = source;
  const { tileSize, roundZoom } = sizing(map, sourceId, source);
  const { _zoomLevelsToOverscale: overscaled } = internals(map);
  const last = source.type === 'vector' && overscaled !== undefined ? map.getMaxZoom() - overscaled : 0;
  const ideal = map
    .coveringTiles({ tileSize, minzoom, maxzoom: Math.max(maxzoom, last), roundZoom })
    .filter((tileID) => source.hasTile(tileID))
    .map((tileID) => placeOf({ tileID }));
  const loaded = tilesInView(map, sourceId).filter((tile) => tile.hasData?.());
  return {
    ...uncut(ideal, loaded.map(placeOf), source),
    ...(loaded.length > 0 && loaded.every(isEmpty) && { empty: true }),
  };
}

/** Returns the place of a tile in its copy of the world. */
function placeOf({ tileID: { canonical, wrap } }: Pick<TileLike, 'tileID'>): TileId {
  return { z: canonical.z, x: canonical.x + wrap * 2 ** canonical.z, y: canonical.y };
}

/** Puts the origin's tiles in place of those that were cut out of them. One is drawn if all of its cuts are. */
function uncut(ideal: readonly TileId[], loaded: readonly TileId[], source: TileSource): TileCover {
  const keys = new Set(loaded.map(tileKey));
  const isDrawn = (tile: TileId): boolean =>
    keys.has(tileKey(tile)) || (tile.z > source.maxzoom && isDrawn(originTile(tile, { maxzoom: tile.z - 1 })));
  const origin = (tile: TileId) => tileKey(originTile(tile, source));
  const missing = new Set(ideal.filter((tile) => !isDrawn(tile)).map(origin));
  const wanted = [...new Set(ideal.map(origin))];
  const drawn = [...new Set([...wanted, ...loaded.map(origin)])];
  return { wanted: wanted.map(tileOfKey), drawn: drawn.filter((key) => !missing.has(key)).map(tileOfKey) };
}

/** Returns true for a loaded tile in which MapLibre found nothing to draw. */
function isEmpty({ buckets, dem, texture }: TileLike): boolean {
  return !!buckets && Object.keys(buckets).length === 0 && !dem && !(texture && texture.size[0]! > 1);
}
