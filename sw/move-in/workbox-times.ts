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
 * When Workbox's expiration plugin has last seen each URL of a cache: as it stored the tile, or as it answered with it. That
 * says that the tile was there, and no more. Empty where the plugin is not used. Never rejects.
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
    // Tiles are taken without it.
  }
  return times;
}
