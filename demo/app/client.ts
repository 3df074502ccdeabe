import { createTileCacheClient, type TileCacheClient } from 'sw-tile-cache';

/**
 * Creates the client for a page of the demo. It receives publications from a stream, and also polls every five seconds.
 */
export function createClient(): Promise<TileCacheClient> {
  return createTileCacheClient({
    serviceWorker: '/sw.js',
    versions: { url: '/api/tile-version', interval: 5, stream: '/api/tile-version/stream' },
    rum: { endpoint: '/api/rum', interval: 10 },
  });
}
