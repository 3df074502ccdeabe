import type { Tile } from './tile-store';

/** Hot tiles in memory, bounded in bytes, least recently used first out. Judged like stored ones: it decides nothing. */
export interface MemoryTier {
  get(cacheName: string, key: string): Tile | undefined;
  set(cacheName: string, key: string, tile: Tile): void;
  delete(cacheName: string, key: string): void;
  /** Forgets all tiles of a cache. */
  drop(cacheName: string): void;
  readonly bytes: number;
}

/** `maxBytes` 0 switches the tier off. Bodies without bytes at hand are not taken. */
export function createMemoryTier(maxBytes: number): MemoryTier {
  // One map a cache, so that dropping a cache costs nothing per tile; the order of `recent` is the order of use.
  const recent = new Map<string, { cacheName: string; key: string; tile: Tile; size: number }>();
  let bytes = 0;
  const idOf = (cacheName: string, key: string) => `${cacheName} ${key}`;
  const remove = (id: string) => {
    const entry = recent.get(id);
    if (!entry) return;
    recent.delete(id);
    bytes -= entry.size;
  };
  return {
    get(cacheName, key) {
      const id = idOf(cacheName, key);
      const entry = recent.get(id);
      if (!entry) return undefined;
      recent.delete(id);
      recent.set(id, entry);
      return entry.tile;
    },
    set(cacheName, key, tile) {
      const id = idOf(cacheName, key);
      remove(id);
      // Headers and the map's own cells count as well.
      const size = (tile.bytes?.byteLength ?? 0) + 1024;
      if (!tile.bytes || size > maxBytes / 8) return;
      recent.set(id, { cacheName, key, tile, size });
      bytes += size;
      for (const oldest of recent.keys()) {
        if (bytes <= maxBytes) break;
        remove(oldest);
      }
    },
    delete: (cacheName, key) => remove(idOf(cacheName, key)),
    drop(cacheName) {
      for (const [id, entry] of recent) if (entry.cacheName === cacheName) remove(id);
    },
    get bytes() {
      return bytes;
    },
  };
}
