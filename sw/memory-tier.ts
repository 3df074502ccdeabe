import type { Tile } from './tile-store';

/**
 * Hot tiles in memory, bounded in bytes. Bodies are Blobs: the browser hands those on without passing their bytes
 * through the worker. It decides nothing: what it holds is judged like what is stored.
 */
export interface MemoryTier {
  get(cacheName: string, key: string): Tile | undefined;
  /** True when a body of this many bytes would be taken now. */
  admits(size: number): boolean;
  /** Takes a tile that has a `blob`; others and those that do not fit are left out. */
  set(cacheName: string, key: string, tile: Tile): void;
  delete(cacheName: string, key: string): void;
  /** Forgets all tiles of a cache. */
  drop(cacheName: string): void;
  readonly bytes: number;
}

/** What the browser keeps for a Blob, its headers and our cells, besides the bytes. */
const OVERHEAD = 8192;
/** A tile unused for so many times the tier's size in hits makes room for a newcomer. A plain LRU would churn. */
const COLD = 4;

/** `maxBytes` 0 switches the tier off. */
export function createMemoryTier(maxBytes: number): MemoryTier {
  interface Entry {
    cacheName: string;
    tile: Tile;
    size: number;
    used: number;
  }
  // In the order of use, the oldest first.
  const entries = new Map<string, Entry>();
  let bytes = 0;
  let tick = 0;
  const idOf = (cacheName: string, key: string) => `${cacheName} ${key}`;
  const remove = (id: string) => {
    const entry = entries.get(id);
    if (!entry) return;
    entries.delete(id);
    bytes -= entry.size;
  };
  const coldest = (): [string, Entry] | undefined => {
    const first = entries.entries().next();
    return first.done || tick - first.value[1].used <= COLD * entries.size ? undefined : first.value;
  };

  return {
    get(cacheName, key) {
      tick += 1;
      const id = idOf(cacheName, key);
      const entry = entries.get(id);
      if (!entry) return undefined;
      entry.used = tick;
      entries.delete(id);
      entries.set(id, entry);
      return entry.tile;
    },
    admits(size) {
      const need = size + OVERHEAD;
      return need <= maxBytes / 8 && (bytes + need <= maxBytes || coldest() !== undefined);
    },
    set(cacheName, key, tile) {
      const id = idOf(cacheName, key);
      remove(id);
      if (!tile.blob) return;
      const size = tile.blob.size + OVERHEAD;
      if (size > maxBytes / 8) return;
      while (bytes + size > maxBytes) {
        const victim = coldest();
        if (!victim) return;
        remove(victim[0]);
      }
      entries.set(id, { cacheName, tile, size, used: tick });
      bytes += size;
    },
    delete: (cacheName, key) => remove(idOf(cacheName, key)),
    drop(cacheName) {
      for (const [id, entry] of entries) if (entry.cacheName === cacheName) remove(id);
    },
    get bytes() {
      return bytes;
    },
  };
}
