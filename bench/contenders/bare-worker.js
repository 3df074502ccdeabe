// The least that a worker can do with a tile: it measures the cost of the platform itself.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname.startsWith('/tiles/')) event.respondWith(fetch(event.request));
});
