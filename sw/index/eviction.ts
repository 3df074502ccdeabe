import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Spare } from '../store/spare';
import type { MemoryTier } from '../store/memory-tier';
import type { CacheTotals, IndexRow } from './index-database';
import type { TileIndex } from './tile-index';
import { isMark, type TileStore } from '../store/tile-store';

/** The most tiles and bytes to keep. */
export interface Budget {
  maxEntries: number;
  maxBytes: number;
}

/** Keeps each layer, and all layers together, within their budgets. No method rejects. */
export interface Eviction {
  /** Evicts tiles over budget, in slices. */
  run(): Promise<void>;
  /**
   * Frees room for a few tiles of this size if storage is full, but never the spared tiles. Resolves with true on
   * success.
   */
  makeRoom(spare: Spare): Promise<boolean>;
}

interface EvictionTools {
  store: TileStore;
  memory: MemoryTier;
  index: TileIndex;
  layer: (name: string) => ResolvedLayer | undefined;
  /** True for the cache that a layer uses now. */
  isCurrent: (cacheName: string) => boolean;
  /** The most bytes of all layers together. */
  maxBytes: number;
  /** Yields to requests between two slices. */
  pause: () => Promise<void>;
}

type CacheName = Pick<IndexRow, 'cacheName'>;
type Excess = ReturnType<typeof overBudget>;

const SLICE = 100;
/** The number of tiles of the same size to make room for at once. */
const ROOM = 8;
/** Evict to a tenth below the budget, so that not every put evicts. */
const LOW_WATER = 0.9;
/** The most slices in one run, so that background work ends long before the browser stops it. */
const MAX_SLICES = 100;
const BOUNDLESS: Budget = { maxEntries: Infinity, maxBytes: Infinity };

/** Returns the excess over the low-water mark, or zeros if the totals are within the budget. Pure. */
export function overBudget(
  totals: ReadonlyArray<Pick<CacheTotals, 'tiles' | 'bytes'> & { current: boolean }>,
  budget: Budget,
): { tiles: number; bytes: number } {
  const sum = totals.reduce((all, one) => ({ tiles: all.tiles + one.tiles, bytes: all.bytes + one.bytes }), {
    tiles: 0,
    bytes: 0,
  });
  if (sum.tiles <= budget.maxEntries && sum.bytes <= budget.maxBytes) return { tiles: 0, bytes: 0 };
  return {
    tiles: Math.max(0, sum.tiles - Math.floor(budget.maxEntries * LOW_WATER)),
    bytes: Math.max(0, sum.bytes - Math.floor(budget.maxBytes * LOW_WATER)),
  };
}

export function createEviction({ store, memory, index, layer, isCurrent, maxBytes, pause }: EvictionTools): Eviction {
  const deleteRows = async (rows: readonly IndexRow[]) => {
    for (const row of rows) {
      memory.delete(row.cacheName, row.key);
      await store.delete(row.cacheName, row.key).catch(() => false);
    }
    await index.remove(rows);
  };
  const dropCaches = async (names: readonly string[]) => {
    for (const name of names) memory.drop(name);
    await store.drop(names).catch(() => {});
    await index.drop(names);
  };

  /** Evicts the least recently used tiles of a layer's caches, or of all, until the excess is gone. */
  const shrink = async (where: { layer: string } | undefined, sums: readonly CacheName[], excess: Excess) => {
    let { tiles, bytes } = excess;
    for (let slice = 0; slice < MAX_SLICES && (tiles > 0 || bytes > 0); slice += 1) {
      const rows = await index.oldest(where, SLICE);
      // The totals claim more tiles than there are rows: reset them.
      if (rows.length === 0) return index.drop(namesOf(sums));
      const victims = firstOf(rows, tiles, bytes);
      tiles -= victims.length;
      for (const row of victims) bytes -= row.bytes;
      await deleteRows(victims);
      await pause();
    }
  };

  const read = async () =>
    [...(await index.totals())].map(([cacheName, sum]) => ({ ...sum, cacheName, current: isCurrent(cacheName) }));

  const run = async () => {
    let totals = await read();
    for (const name of [...new Set(totals.map((sum) => sum.layer)), undefined]) {
      const where = name === undefined ? undefined : { layer: name };
      const budget = (where ? layer(where.layer) : { maxEntries: Infinity, maxBytes }) ?? BOUNDLESS;
      const mine = totals.filter((sum) => !where || sum.layer === where.layer);
      if (overBudget(mine, budget).tiles + overBudget(mine, budget).bytes === 0) continue;
      // Whole caches of old versions go first: deleting one takes one call, whatever its size.
      const [old, current] = [mine.filter((sum) => !sum.current), mine.filter((sum) => sum.current)];
      if (old.length > 0) await dropCaches(namesOf(old));
      await shrink(where, current, overBudget(current, budget));
      totals = await read();
    }
  };

  /** Removes the entries that were put first. Deletes a cache that is too large to list as a whole. */
  const withoutIndex = async (names: readonly string[], { cacheName, keys }: Spare): Promise<boolean> => {
    for (const name of names) {
      memory.drop(name);
      const gone = await store
        .deleteFirst(name, SLICE, name === cacheName ? keys : [])
        .catch(() => dropCaches([name]).then(() => 1));
      if (gone > 0) return true;
    }
    return false;
  };

  const makeRoom = async (spare: Spare) => {
    const names = (await store.list()).filter((cache) => !isMark(cache)).map(({ name }) => name);
    const old = names.filter((name) => !isCurrent(name));
    if (old.length > 0) return dropCaches(old).then(() => true);
    await index.flush();
    const rows = await index.oldest(undefined, SLICE);
    const unspared = rows.filter((row) => row.cacheName !== spare.cacheName || !spare.keys.includes(row.key));
    const victims = firstOf(unspared, 0, ROOM * spare.bytes);
    await deleteRows(victims);
    return victims.length > 0 || withoutIndex(names, spare);
  };

  return { run: () => run().catch(() => {}), makeRoom: (spare) => makeRoom(spare).catch(() => false) };
}

/** Returns the first rows that make up so many tiles and bytes, or all rows if they do not. Pure. */
function firstOf(rows: readonly IndexRow[], tiles: number, bytes: number): IndexRow[] {
  const first: IndexRow[] = [];
  let left = bytes;
  for (const row of rows) {
    if (first.length >= tiles && left <= 0) break;
    first.push(row);
    left -= row.bytes;
  }
  return first;
}

const namesOf = (sums: readonly CacheName[]) => sums.map(({ cacheName }) => cacheName);

/** True for the errors that browsers report when storage is full. Firefox's is not even an Error. */
export function isQuotaError(error: unknown): boolean {
  const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
  return /quota|no_device_space|no space/i.test(`${String(name)} ${String(message)} ${String(error)}`);
}
