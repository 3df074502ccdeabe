import { tileKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';
import type { TileUse } from '../shared/tile-use';

/** Tiles of a layer that its origin does not have: a view must not wait for them. */
export interface GoneTiles {
  /** Notes how the worker answered tiles. */
  note(uses: readonly Pick<TileUse, 'layer' | 'tile' | 'code'>[]): void;
  has(tile: TileId): boolean;
}

/** The most tiles to remember. */
const MOST = 5000;

/** Creates an empty memory of a layer. */
export function createGoneTiles(layer: string): GoneTiles {
  const gone = new Set<string>();
  return {
    note(uses) {
      for (const { layer: of, tile, code } of uses) {
        if (of !== layer || !tile) continue;
        if (code === 204 || code === 404 || code === 410) gone.add(tileKey(tile));
        else if (code) gone.delete(tileKey(tile));
        if (gone.size > MOST) gone.delete(gone.values().next().value!);
      }
    },
    has: (tile) => gone.has(tileKey(tile)),
  };
}
