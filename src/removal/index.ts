import type { RemovalOptions, RemovedTileCache } from './remove';

/**
 * Removes the tile cache from this browser: stops the worker, unregisters it, and deletes every cache and database of the
 * package for its scope, and nothing of the app itself. Call it at each page load until all users have visited: a page that
 * was left open, or a worker that the browser starts once more, may store something again. Open pages load tiles from the
 * network.
 * @returns what was removed. Storage that could not be deleted is no error: `pending` lists it.
 * @throws TileCacheError `INVALID_OPTION`.
 */
export async function removeTileCache(options: RemovalOptions = {}): Promise<RemovedTileCache> {
  const { remove } = await import('./remove');
  const allowed = <T>(get: () => T): T | undefined => {
    try {
      return get();
    } catch {
      // A page with an opaque origin has no storage.
      return undefined;
    }
  };
  const indexedDB = allowed(() => globalThis.indexedDB);
  return remove(options, {
    container: allowed(() => navigator.serviceWorker),
    caches: allowed(() => globalThis.caches),
    ...(indexedDB && { indexedDB }),
    records: allowed(() => localStorage),
    channel: () => new MessageChannel(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    href: location.href,
  });
}
