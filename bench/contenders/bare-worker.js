// The least that a worker can do with a tile: what the platform itself costs.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname.startsWith('/tiles/')) event.respondWith(fetch(event.request));
});
