import type { Map as MapLibre } from 'maplibre-gl';
import type { TileCacheClient } from 'sw-tile-cache';

/** Counts, for each layer, the tiles of the current view that neither the origin nor the store could provide. */
export function watchMissing(map: MapLibre, client: TileCacheClient): { count(layer: string): number } {
  const missing = new Map<string, Set<string>>();
  client.on('used', ({ uses }) => {
    for (const { layer, tile, status } of uses) {
      if (!tile) continue;
      const keys = missing.get(layer) ?? new Set();
      missing.set(layer, keys);
      keys[status === 'error' ? 'add' : 'delete'](`${tile.z}/${tile.x}/${tile.y}`);
    }
  });
  map.on('movestart', () => missing.clear());
  return { count: (layer) => missing.get(layer)?.size ?? 0 };
}
