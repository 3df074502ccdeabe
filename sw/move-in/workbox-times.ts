import { type Timers, within } from '../util/deadline';
import { openExisting } from './existing-database';
import { READ_MS } from './source';

interface Entry {
  url?: unknown;
  cacheName?: unknown;
  timestamp?: unknown;
}

const STORE = 'cache-entries';

/**
 * Returns when Workbox's expiration plugin last stored or served each URL of a cache. These times prove only that the
 * tile was there. Resolves with an empty map if the app does not use the plugin. Never rejects.
 */
export async function workboxTimes(cacheName: string, timers: Timers): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  try {
    const database = await openExisting('workbox-expiration', STORE, timers);
    if (!database) return times;
    const index = database.transaction(STORE).store.index('cacheName');
    const entries = (await within(index.getAll(cacheName), READ_MS, timers)) as Entry[];
    database.close();
    for (const { url, timestamp } of entries)
      if (typeof url === 'string' && typeof timestamp === 'number') times.set(url, timestamp);
  } catch {
    // The move works without these times.
  }
  return times;
}
