import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileIndex } from '../index/tile-index';

/**
 * The room that is left in each layer and in all layers together. A move takes no tile that the worker would evict at
 * once.
 */
export interface Budgets {
  /** Reserves room for a tile. Returns false if there is none. */
  take(layer: Pick<ResolvedLayer, 'name' | 'maxEntries' | 'maxBytes'>, bytes: number): boolean;
}

/** Reads from the index how much is stored now. */
export async function readBudgets(index: TileIndex, maxBytes: number): Promise<Budgets> {
  await index.flush();
  const layers = new Map<string, { tiles: number; bytes: number }>();
  let all = 0;
  for (const { layer, tiles, bytes } of (await index.totals()).values()) {
    const sum = layers.get(layer) ?? { tiles: 0, bytes: 0 };
    layers.set(layer, { tiles: sum.tiles + tiles, bytes: sum.bytes + bytes });
    all += bytes;
  }
  return {
    take(layer, bytes) {
      const { tiles, bytes: used } = layers.get(layer.name) ?? { tiles: 0, bytes: 0 };
      if (tiles + 1 > layer.maxEntries || used + bytes > layer.maxBytes || all + bytes > maxBytes) return false;
      layers.set(layer.name, { tiles: tiles + 1, bytes: used + bytes });
      all += bytes;
      return true;
    },
  };
}
