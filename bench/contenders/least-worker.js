// The least that a worker can do if it stores tiles and obeys rules: it reads the rules and one stored tile. If it has to
// fetch the tile, it stores it after it has answered.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

const promised = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function readRules() {
  const opening = indexedDB.open('rules', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('rules').put({ version: '1' }, 'tiles');
  const db = await promised(opening);
  return promised(db.transaction('rules').objectStore('rules').get('tiles'));
}

async function answer(event) {
  const [{ version }, cache] = await Promise.all([rules, tiles]);
  const cached = await cache.match(event.request);
  if (cached && version === '1') return cached;
  const response = await fetch(event.request);
  event.waitUntil(cache.put(event.request, response.clone()));
  return response;
}

const rules = readRules();
const tiles = caches.open('tiles');
self.addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname.startsWith('/tiles/')) event.respondWith(answer(event));
});
