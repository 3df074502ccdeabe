import type { TileId } from '../../src/shared/tile';
import { decodeTiles } from '../../src/shared/tile-set';
import { listedTiles } from './listed-tiles';

/**
 * Iterates over the tiles of a packed list, such as `publication.tiles` in the hook `onClear`. A short list can contain
 * very many tiles, because it may name whole areas of the world. Throws `INVALID_MESSAGE` if the list is invalid.
 */
export function readTileList(tiles: string): Iterable<TileId> {
  return listedTiles(decodeTiles(tiles, 'tiles', 'INVALID_MESSAGE'));
}
