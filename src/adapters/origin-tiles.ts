import { tileKey, tileOfKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';
import type { TileCover } from './binding';

/** A source of tiles, as far as its zooms go. */
interface Zooms {
  maxzoom: number;
}

/**
 * Returns the number of the origin's tile whose bytes a tile shows. Beyond a vector source's last zoom, MapLibre 6 and
 * OpenLayers cut their tiles out of those of that zoom.
 */
export function originTile({ z, x, y }: TileId, { maxzoom }: Zooms): TileId {
  const up = Math.max(0, z - maxzoom);
  return { z: z - up, x: Math.floor(x / 2 ** up), y: Math.floor(y / 2 ** up) };
}

/** Puts the origin's tiles in place of those that were cut out of them. One is drawn if all of its cuts are. */
export function uncut(ideal: readonly TileId[], loaded: readonly TileId[], source: Zooms): TileCover {
  const keys = new Set(loaded.map(tileKey));
  const isDrawn = (tile: TileId): boolean =>
    keys.has(tileKey(tile)) || (tile.z > source.maxzoom && isDrawn(originTile(tile, { maxzoom: tile.z - 1 })));
  const origin = (tile: TileId) => tileKey(originTile(tile, source));
  const missing = new Set(ideal.filter((tile) => !isDrawn(tile)).map(origin));
  const wanted = [...new Set(ideal.map(origin))];
  const drawn = [...new Set([...wanted, ...loaded.map(origin)])];
  return { wanted: wanted.map(tileOfKey), drawn: drawn.filter((key) => !missing.has(key)).map(tileOfKey) };
}
