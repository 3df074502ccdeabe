import { createTileCacheClient, type TileCacheClient } from 'sw-tile-cache';

/** The client as every page of the demo makes it; a page asks every five seconds, to have something to see. */
export function createClient(): Promise<TileCacheClient> {
  return createTileCacheClient({
    serviceWorker: '/sw.js',
    versions: { url: '/api/tile-version', interval: 5 },
    rum: { endpoint: '/api/rum', interval: 10 },
  });
}
