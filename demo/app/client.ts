import { createTileCacheClient, type TileCacheClient } from 'sw-tile-cache';

/** The client as every page of the demo makes it; it hears of publications by a stream, and asks every five seconds besides. */
export function createClient(): Promise<TileCacheClient> {
  return createTileCacheClient({
    serviceWorker: '/sw.js',
    versions: { url: '/api/tile-version', interval: 5, stream: '/api/tile-version/stream' },
    rum: { endpoint: '/api/rum', interval: 10 },
  });
}
