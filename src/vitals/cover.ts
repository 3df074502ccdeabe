import type { TileCover } from '../adapters/binding';
import { tileKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';

/** The number of tiles that a view lacks. */
export interface Gaps {
  /** The number of tiles that the view needs. */
  wanted: number;
  /** The number of these that are not drawn at their own zoom. */
  missing: number;
  /** The number of these that have no tile of another zoom in their place. */
  blank: number;
}

/** Zooms below a tile whose tiles together may stand in for it. */
const DEEPER = 3;

/**
 * Returns the missing and the blank tiles of a view. `gone` tells which tiles the origin does not have: they are not
 * missing.
 */
export function gapsOf({ wanted, drawn, idOf = wrapped }: TileCover, gone: (tile: TileId) => boolean): Gaps {
  const keys = new Set(drawn.map(tileKey));
  const deepest = drawn.reduce((most, { z }) => Math.max(most, z), 0);
  const above = ({ z, x, y }: TileId): boolean => {
    for (let up = 1; up <= z; up++) if (keys.has(`${z - up}/${x >> up}/${y >> up}`)) return true;
    return false;
  };
  const below = ({ z, x, y }: TileId, depth: number): boolean =>
    depth > 0 &&
    z < deepest &&
    [0, 1, 2, 3].every((i) => {
      const child = { z: z + 1, x: 2 * x + (i & 1), y: 2 * y + (i >> 1) };
      return keys.has(tileKey(child)) || below(child, depth - 1);
    });
  const missing = wanted.filter((tile) => !keys.has(tileKey(tile)) && !gone(idOf(tile)));
  const blank = missing.filter((tile) => !above(tile) && !below(tile, DEEPER));
  return { wanted: wanted.length, missing: missing.length, blank: blank.length };
}

/** Returns the tile in the world's first copy. */
function wrapped({ z, x, y }: TileId): TileId {
  const size = 2 ** z;
  return { z, x: ((x % size) + size) % size, y };
}
