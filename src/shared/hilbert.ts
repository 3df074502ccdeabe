import type { TileId } from './tile';

/** The highest zoom whose tile ids a JavaScript number represents exactly. */
export const MAX_HILBERT_ZOOM = 26;

/**
 * Returns a tile's id in a PMTiles archive (PMTiles version 3, section 4.1). Lower zooms come first. Within a zoom, ids
 * follow a Hilbert curve, so that neighbours on the map are mostly neighbours in the file.
 */
export function hilbertId({ z, x, y }: TileId): number {
  let id = (4 ** z - 1) / 3;
  for (let size = 2 ** (z - 1); size >= 1; size /= 2) {
    const right = (x & size) > 0;
    const below = (y & size) > 0;
    // The four quarters of a square, in the order of the curve.
    const quarter = right ? (below ? 2 : 3) : below ? 1 : 0;
    id += size * size * quarter;
    x &= size - 1;
    y &= size - 1;
    if (below) continue;
    if (right) [x, y] = [size - 1 - x, size - 1 - y];
    [x, y] = [y, x];
  }
  return id;
}

/** Returns the tile of a zoom with an id: the inverse of `hilbertId`. */
export function hilbertTile(zoom: number, id: number): TileId {
  let rest = id - (4 ** zoom - 1) / 3;
  let [x, y] = [0, 0];
  for (let size = 1; size < 2 ** zoom; size *= 2) {
    const quarter = rest % 4;
    rest = Math.floor(rest / 4);
    const right = quarter > 1;
    const below = quarter === 1 || quarter === 2;
    if (!below) {
      if (right) [x, y] = [size - 1 - x, size - 1 - y];
      [x, y] = [y, x];
    }
    if (right) x += size;
    if (below) y += size;
  }
  return { z: zoom, x, y };
}

/** Sorts tiles as a clustered archive has them (PMTiles version 3, section 3.2): then their bodies follow each other. */
export function inFileOrder(tiles: readonly TileId[]): TileId[] {
  const ids = tiles.map((tile) => ({ id: hilbertId(tile), tile }));
  return ids.sort((a, b) => a.id - b.id).map(({ tile }) => tile);
}
