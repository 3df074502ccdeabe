import { isMark, type TileStore } from '../store/tile-store';
import type { TileIndex } from './tile-index';

/** One in this many starts of the worker looks for missing rows, even if nothing indicates that rows were lost. */
const SELDOM = 16;
/** The assumed bytes of a tile if the index knows neither its size nor that of any tile in its cache. */
const TYPICAL = 16_384;

/**
 * Adds rows for bodies that have none, because the index was lost or could not be written, or because the browser
 * killed the worker. Eviction never finds a body without a row, so a device that runs for months would fill up. The
 * size in the new row is the average of the cache's other tiles. Rejects if a cache cannot be listed, for example
 * because it is too large.
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
  return async () => {
    if (!index.takeDrift() && !due) return;
    due = false;
    const totals = await index.totals();
    for (const cache of await store.list()) {
      if (isMark(cache)) continue;
      const { name: cacheName, layer } = cache;
      const keys = await store.keys(cacheName);
      const rows = await index.after(`${cacheName} `, `${cacheName} \uffff`, keys.length);
      const known = new Set(rows.map(({ key }) => key));
      const { tiles = 0, bytes = 0 } = totals.get(cacheName) ?? {};
      const mean = tiles > 0 ? Math.round(bytes / tiles) : TYPICAL;
      for (const key of keys) if (!known.has(key)) index.stored({ cacheName, key, layer, bytes: mean });
    }
    await index.flush();
  };
}
