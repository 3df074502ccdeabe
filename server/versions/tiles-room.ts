import { MAX_TILES_LENGTH } from '../../src/shared/tile-set';

/** Bytes of a manifest that clients accept. */
export const MAX_MANIFEST_BYTES = 262_144;
/** Bytes reserved for the origin's orders to pages. */
const ORDERS = 1024;

/** Characters of a list besides its own content. */
const FIELD = '"tiles":"",'.length;

/** The characters that lists of tiles may still take in a manifest. */
export interface TilesRoom {
  /** Takes the room for a list, and returns whether there was enough. */
  take(tiles: string): boolean;
}

/** Creates the room that the rest of a manifest leaves. */
export const roomBeside = (bytes: number): TilesRoom =>
  createTilesRoom(Math.min(MAX_TILES_LENGTH + FIELD, MAX_MANIFEST_BYTES - ORDERS - bytes));

export function createTilesRoom(characters = MAX_TILES_LENGTH + FIELD): TilesRoom {
  let left = characters;
  return {
    take(tiles) {
      const cost = tiles.length + FIELD;
      if (cost > left) return false;
      left -= cost;
      return true;
    },
  };
}
