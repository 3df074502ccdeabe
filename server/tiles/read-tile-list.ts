import type { TileId } from '../../src/shared/tile';
import { decodeTiles } from '../../src/shared/tile-set';
import { listedTiles } from './listed-tiles';

/**
 * The tiles of a packed list, such as `publication.tiles` in the hook `onClear`, one after the other. A list may name very many:
 * all beneath a tile count. Throws `INVALID_MESSAGE` for what is no such list.
 */
export function readTileList(tiles: string): Iterable<TileId> {
  return listedTiles(decodeTiles(tiles, 'tiles', 'INVALID_MESSAGE'));
}
