import { isMark, type TileStore } from '../store/tile-store';
import type { IndexRow } from './index-database';
import type { TileIndex } from './tile-index';

/** One in this many starts of the worker looks for missing rows, even if nothing indicates that rows were lost. */
const SELDOM = 16;
/** The assumed bytes of a tile if the index knows neither its size nor that of any tile in its cache. */
const TYPICAL = 16_384;

/**
 * Adds rows for bodies that have none, because the index was lost or could not be written, or because the browser
 * killed the worker. Eviction never finds a body without a row, so a device that runs for months would fill up. The
 * size in the new row is the average of the cache's other tiles. Also removes rows without a body. Rejects if a cache
 * cannot be listed, for example because it is too large.
 */
export function createAdoption({
  store,
  index,
  random,
}: {
  store: Pick<TileStore, 'list' | 'keys'>;
  index: TileIndex;
  random: () => number;
}): () => Promise<void> {
  let due = random() * SELDOM < 1;
  /** Removes the rows of bodies that somebody deleted past the worker: they would count towards the budgets. */
  const removeGhosts = async (cacheName: string, rows: readonly IndexRow[], listed: ReadonlySet<string>) => {
    if (rows.every(({ key }) => listed.has(key))) return;
    // A tile may have been stored since the list was made.
    const present = new Set(await store.keys(cacheName));
    await index.remove(rows.filter(({ key }) => !listed.has(key) && !present.has(key)));
  };
  return async () => {
    if (!index.takeDrift() && !due) return;
    due = false;
    const totals = await index.totals();
    for (const cache of await store.list()) {
      if (isMark(cache)) continue;
      const { name: cacheName, layer } = cache;
      const keys = await store.keys(cacheName);
      const { tiles = 0, bytes = 0 } = totals.get(cacheName) ?? {};
      const rows = await index.after(`${cacheName} `, `${cacheName} \uffff`, keys.length + tiles);
      const known = new Set(rows.map(({ key }) => key));
      const mean = tiles > 0 ? Math.round(bytes / tiles) : TYPICAL;
      for (const key of keys) if (!known.has(key)) index.stored({ cacheName, key, layer, bytes: mean });
      await removeGhosts(cacheName, rows, new Set(keys));
    }
    await index.flush();
  };
}
