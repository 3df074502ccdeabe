import { MAX_TILES_LENGTH } from '../../src/shared/tile-set';

/** Bytes of a manifest that clients read. */
export const MAX_MANIFEST_BYTES = 262_144;
/** Bytes that stay free for what the origin asks of pages. */
const ORDERS = 1024;

/** What a list costs besides its own characters. */
const FIELD = '"tiles":"",'.length;

/** Characters that lists of tiles may still take in a manifest. */
export interface TilesRoom {
  /** True where the list has room, which it then takes. */
  take(tiles: string): boolean;
}

/** The room beside the rest of a manifest. */
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
