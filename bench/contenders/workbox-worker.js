// Workbox as its own documentation sets it up for map tiles.
import { clientsClaim } from 'workbox-core';
import { ExpirationPlugin } from 'workbox-expiration';
import { registerRoute } from 'workbox-routing';
import { StaleWhileRevalidate } from 'workbox-strategies';

self.skipWaiting();
clientsClaim();
registerRoute(
  ({ url }) => url.pathname.startsWith('/tiles/'),
  new StaleWhileRevalidate({
    cacheName: 'tiles',
    plugins: [new ExpirationPlugin({ maxEntries: 200_000, maxAgeSeconds: 7 * 86400 })],
  }),
);
