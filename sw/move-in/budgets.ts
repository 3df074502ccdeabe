import type { ResolvedLayer } from '../../src/shared/layer-options';
import { layerTotals } from '../index/layer-totals';
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
  const layers = layerTotals((await index.totals()).values());
  let all = 0;
  for (const { bytes } of layers.values()) all += bytes;
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
