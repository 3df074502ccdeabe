import type { Tile } from './tile-store';

/**
 * Hot tiles in memory, bounded in bytes. Bodies are Blobs: the browser hands those on without passing their bytes
 * through the worker. It decides nothing: what it holds is judged like what is stored.
 */
export interface MemoryTier {
  get(cacheName: string, key: string): Tile | undefined;
  /** As `get`, and leaves no trace. */
  peek(cacheName: string, key: string): Tile | undefined;
  /** True when a body of this many bytes would be taken now. */
  admits(size: number): boolean;
  /** Takes a tile that has a `blob`; others and those that do not fit are left out. */
  set(cacheName: string, key: string, tile: Tile): void;
  /** Takes a tile that was read from the store at `since`, if nothing was written or deleted after that. */
  fill(cacheName: string, key: string, tile: Tile, since: number): void;
  delete(cacheName: string, key: string): void;
  /** Forgets all tiles of a cache. */
  drop(cacheName: string): void;
  readonly bytes: number;
  /** Grows with each set, delete and drop: what was read before may be older than what the store has now. */
  readonly changes: number;
}

/** Headers and our own cells, besides the body. */
const OVERHEAD = 1024;
/** A tile unused for so many times the tier's size in hits makes room for a newcomer. A plain LRU would churn. */
const COLD = 3;
/** Tiles that are looked at in search of one to let go. */
const TRIES = 8;

interface Entry {
  cacheName: string;
  key: string;
  tile: Tile;
  size: number;
  used: number;
}

/** `maxBytes` 0 switches the tier off. */
export function createMemoryTier(maxBytes: number): MemoryTier {
  const caches = new Map<string, Map<string, Entry>>();
  // A clock's hand goes round these: a tile that was used lately gets another turn.
  const round = new Set<Entry>();
  let bytes = 0;
  let tick = 0;
  let changes = 0;
  const remove = (entry: Entry | undefined) => {
    if (!entry || !round.delete(entry)) return;
    caches.get(entry.cacheName)?.delete(entry.key);
    bytes -= entry.size;
  };
  const cold = (): Entry | undefined => {
    let tries = TRIES;
    for (const entry of round) {
      if (tick - entry.used > COLD * round.size) return entry;
      if ((tries -= 1) < 0) return undefined;
      round.delete(entry);
      round.add(entry);
    }
    return undefined;
  };

  const put = (cacheName: string, key: string, tile: Tile) => {
    let entries = caches.get(cacheName);
    remove(entries?.get(key));
    if (!tile.blob) return;
    const size = tile.blob.size + OVERHEAD;
    if (size > maxBytes / 8) return;
    while (bytes + size > maxBytes) {
      const victim = cold();
      if (!victim) return;
      remove(victim);
    }
    if (!entries) caches.set(cacheName, (entries = new Map()));
    const entry = { cacheName, key, tile, size, used: tick };
    entries.set(key, entry);
    round.add(entry);
    bytes += size;
  };

  return {
    get(cacheName, key) {
      tick += 1;
      const entry = caches.get(cacheName)?.get(key);
      if (entry) entry.used = tick;
      return entry?.tile;
    },
    peek: (cacheName, key) => caches.get(cacheName)?.get(key)?.tile,
    admits(size) {
      const need = size + OVERHEAD;
      return need <= maxBytes / 8 && (bytes + need <= maxBytes || cold() !== undefined);
    },
    set(cacheName, key, tile) {
      changes += 1;
      put(cacheName, key, tile);
    },
    fill(cacheName, key, tile, since) {
      if (since === changes) put(cacheName, key, tile);
    },
    delete(cacheName, key) {
      changes += 1;
      remove(caches.get(cacheName)?.get(key));
    },
    drop(cacheName) {
      changes += 1;
      for (const entry of caches.get(cacheName)?.values() ?? []) remove(entry);
      caches.delete(cacheName);
    },
    get bytes() {
      return bytes;
    },
    get changes() {
      return changes;
    },
  };
}
