import { isMark, type TileStore } from '../store/tile-store';
import type { TileIndex } from './tile-index';

/** Of so many lives of a worker one looks, where nothing says that rows were lost. */
const SELDOM = 16;
/** Bytes of a tile of which nothing is known, in a cache of which nothing is. */
const TYPICAL = 16_384;

/**
 * Gives bodies without a row a row: those of an index that was lost or could not be written, and the last ones before a
 * worker was killed. Without one they are never evicted, and a device that runs for months fills up. Their size is that
 * of their cache's others on average. Rejects where a cache cannot be listed; too large a one cannot.
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
