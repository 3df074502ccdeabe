import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Spare } from '../store/spare';
import type { MemoryTier } from '../store/memory-tier';
import type { CacheTotals, IndexRow } from './index-database';
import type { TileIndex } from './tile-index';
import { isMark, type TileStore } from '../store/tile-store';

/** What is kept at most, of tiles and of bytes. */
export interface Budget {
  maxEntries: number;
  maxBytes: number;
}

/** Keeps layers and the whole within their budgets. Nothing here ever rejects. */
export interface Eviction {
  /** Evicts what is over budget, in slices. */
  run(): Promise<void>;
  /** Storage is full: frees room for a few tiles of this size, and never what is spared; true when it did. */
  makeRoom(spare: Spare): Promise<boolean>;
}

interface EvictionTools {
  store: TileStore;
  memory: MemoryTier;
  index: TileIndex;
  layer: (name: string) => ResolvedLayer | undefined;
  /** True for the cache that a layer uses now. */
  isCurrent: (cacheName: string) => boolean;
  /** Bytes of all layers together. */
  maxBytes: number;
  /** Lets requests through between two slices. */
  pause: () => Promise<void>;
}

const SLICE = 100;
/** Tiles of the same size that room is made for at once. */
const ROOM = 8;
/** Below the budget by a tenth, so that not each put evicts. */
const LOW_WATER = 0.9;
/** Slices in one run: background work ends long before the browser ends it. */
const MAX_SLICES = 100;

/** What has to go: old versions as a whole first, then by last use. Pure. */
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

  /** Evicts the least recently used until the excess is gone. */
  const shrink = async (
    excess: { tiles: number; bytes: number },
    where: { layer: string } | undefined,
    names: readonly string[],
  ) => {
    let { tiles, bytes } = excess;
    for (let slice = 0; slice < MAX_SLICES && (tiles > 0 || bytes > 0); slice += 1) {
      const rows = await index.oldest(where, SLICE);
      // The sums said more than there is: they begin anew.
      if (rows.length === 0) return index.drop(names);
      const victims: IndexRow[] = [];
      for (const row of rows) {
        if (tiles <= 0 && bytes <= 0) break;
        victims.push(row);
        tiles -= 1;
        bytes -= row.bytes;
      }
      await deleteRows(victims);
      await pause();
    }
  };

  const read = async () =>
    [...(await index.totals())].map(([cacheName, sum]) => ({ ...sum, cacheName, current: isCurrent(cacheName) }));

  const run = async () => {
    let totals = await read();
    const budgets: Array<{ where: { layer: string } | undefined; budget: Budget }> = [
      ...new Set(totals.map((sum) => sum.layer)),
    ].map((name) => {
      const { maxEntries, maxBytes: bytes } = layer(name) ?? { maxEntries: Infinity, maxBytes: Infinity };
      return { where: { layer: name }, budget: { maxEntries, maxBytes: bytes } };
    });
    budgets.push({ where: undefined, budget: { maxEntries: Infinity, maxBytes } });
    for (const { where, budget } of budgets) {
      let mine = totals.filter((sum) => !where || sum.layer === where.layer);
      if (overBudget(mine, budget).tiles + overBudget(mine, budget).bytes === 0) continue;
      // Old versions go first, and whole: one call whatever their size.
      const old = mine.filter((sum) => !sum.current);
      if (old.length > 0) {
        await dropCaches(old.map((sum) => sum.cacheName));
        mine = mine.filter((sum) => sum.current);
      }
      await shrink(
        overBudget(mine, budget),
        where,
        mine.map((sum) => sum.cacheName),
      );
      totals = await read();
    }
  };

  /** What was put first goes first; a cache that is too large to be listed goes whole. */
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

  return {
    run: () => run().catch(() => {}),
    async makeRoom(spare) {
      try {
        const names = (await store.list()).filter((cache) => !isMark(cache)).map(({ name }) => name);
        const old = names.filter((name) => !isCurrent(name));
        if (old.length > 0) {
          await dropCaches(old);
          return true;
        }
        await index.flush();
        const victims: IndexRow[] = [];
        let bytes = 0;
        for (const row of await index.oldest(undefined, SLICE)) {
          if (bytes >= ROOM * spare.bytes) break;
          if (row.cacheName === spare.cacheName && spare.keys.includes(row.key)) continue;
          victims.push(row);
          bytes += row.bytes;
        }
        await deleteRows(victims);
        return victims.length > 0 || (await withoutIndex(names, spare));
      } catch {
        return false;
      }
    },
  };
}

/** True for what the engines say when storage is full: Firefox's is no Error at all. */
export function isQuotaError(error: unknown): boolean {
  const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
  return /quota|no_device_space|no space/i.test(`${String(name)} ${String(message)} ${String(error)}`);
}
