import type { Tile } from './tile-store';

/**
 * Keeps hot tiles in memory, up to a limit in bytes. Bodies are Blobs, which the browser passes on without copying
 * their bytes through the worker. The tier decides nothing: the worker judges its tiles like those in Cache Storage.
 */
export interface MemoryTier {
  get(cacheName: string, key: string): Tile | undefined;
  /** Like `get`, but does not count as a use. */
  peek(cacheName: string, key: string): Tile | undefined;
  /** True if the tier would take a body of this many bytes now. */
  admits(size: number): boolean;
  /** Takes a tile that has a `blob` and fits: one tile may take an eighth of the tier. Ignores others. */
  set(cacheName: string, key: string, tile: Tile): void;
  /** Takes a tile read from the store when `changes` was `since`, if nothing was written or deleted after that. */
  fill(cacheName: string, key: string, tile: Tile, since: number): void;
  delete(cacheName: string, key: string): void;
  /** Removes all tiles of a cache. */
  drop(cacheName: string): void;
  readonly bytes: number;
  /** Increases with each set, delete and drop: a tile read before that may be older than the store's. */
  readonly changes: number;
}

/** Bytes per tile besides the body, for headers and the tier's own objects. */
const OVERHEAD = 1024;
/**
 * A tile makes room for a new one if the tier has had this many reads per tile since the tile's last use. A plain LRU
 * would replace tiles all the time while a view needs more than the tier holds.
 */
const COLD = 3;
/** The most tiles that the tier examines to find one to remove. */
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
  // The CLOCK algorithm goes round these: a recently used tile gets a second chance.
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
