import type { TileCacheClient } from 'sw-tile-cache';
import type { TileId } from '../../src/shared/tile';

export interface TileAge {
  /** How the worker answered last. */
  status: string;
  /** Seconds, now. */
  age: number;
}

const KEPT = 5000;

/** Remembers how old each tile was when the map got it; it has aged since. */
export function createTileAges(client: TileCacheClient, now: () => number = Date.now) {
  const seen = new Map<string, { status: string; madeAt: number }>();
  const key = (layer: string, { z, x, y }: TileId) => `${layer}/${z}/${x}/${y}`;
  const stop = client.on('used', ({ uses }) => {
    for (const { layer, tile, status, age } of uses) {
      if (!tile || status === 'error') continue;
      seen.delete(key(layer, tile));
      seen.set(key(layer, tile), { status, madeAt: now() - age * 1000 });
      if (seen.size > KEPT) seen.delete(seen.keys().next().value!);
    }
  });
  return {
    of(layer: string, tile: TileId): TileAge | undefined {
      const found = seen.get(key(layer, tile));
      return found && { status: found.status, age: Math.max(0, (now() - found.madeAt) / 1000) };
    },
    clear: () => seen.clear(),
    stop,
  };
}

export type TileAges = ReturnType<typeof createTileAges>;
