import type { Map as MapLibreMap } from 'maplibre-gl';
import type { TileId } from '../shared/tile';
import type { TileCover } from './binding';
import { uncut } from './origin-tiles';
import { type TileLike, internals, managerOf, sizing, sourceOf, tilesInView } from './maplibre-tiles';

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

/** Returns true for a loaded tile in which MapLibre found nothing to draw. */
function isEmpty({ buckets, dem, texture }: TileLike): boolean {
  return !!buckets && Object.keys(buckets).length === 0 && !dem && !(texture && texture.size[0]! > 1);
}
