// This package with offline regions, and with the origin inside the worker, to measure only what storing a region costs.
import { createTileCache } from '../../sw/index';
import { regions } from '../../sw/regions';

const BYTES = 12 * 1024;
const like = crypto.getRandomValues(new Uint8Array(BYTES));
// Give the body the chunks of a PNG, so that the worker accepts it.
like.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
new DataView(like.buffer).setUint32(8, BYTES - 32);
like.set([0x49, 0x44, 0x41, 0x54], 12);
like.set([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82], BYTES - 12);

let made = 0;
/** Returns a tile that differs from all others, because equal tiles would be stored only once. */
function tile() {
  const body = like.slice();
  new DataView(body.buffer).setUint32(500, (made += 1));
  const headers = { 'content-type': 'image/png', 'cache-control': 'max-age=86400', date: new Date().toUTCString() };
  return new Response(body, { headers });
}

/** Stores each tile as one entry, six at a time. Resolves with the milliseconds that this took. */
async function putAll(count) {
  const cache = await caches.open('one-by-one');
  const begun = performance.now();
  let next = 0;
  const put = async () => {
    while (next < count) await cache.put(`/one-by-one/${(next += 1)}`, tile());
  };
  await Promise.all(Array.from({ length: 6 }, put));
  const took = performance.now() - begun;
  await caches.delete('one-by-one');
  return took;
}

const PACK = 256;

/** Stores as many bytes in entries of 256 tiles, two at a time: the least that writing packs costs. */
async function putPacks(count) {
  const cache = await caches.open('packs');
  const begun = performance.now();
  let next = 0;
  const put = async () => {
    while (next < count) {
      const tiles = Math.min(PACK, count - next);
      next += tiles;
      const bodies = await Promise.all(Array.from({ length: tiles }, () => tile().arrayBuffer()));
      await cache.put(`/packs/${next}`, new Response(new Blob(bodies)));
    }
  };
  await Promise.all([put(), put()]);
  const took = performance.now() - begun;
  await caches.delete('packs');
  return took;
}

const promised = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = request.oncomplete = () => resolve(request.result);
    request.onerror = request.onabort = () => reject(request.error);
  });

/**
 * Makes each tile durable in IndexedDB before it counts, three at a time, and writes packs as above: the least that a
 * download costs if it must not lose any counted tile.
 */
async function putDurably(count) {
  const opening = indexedDB.open('durable', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('tiles');
  const db = await promised(opening);
  const cache = await caches.open('durable');
  const begun = performance.now();
  let batch = [];
  let writing;
  const write = async () => {
    const tiles = batch;
    batch = [];
    const tx = db.transaction('tiles', 'readwrite', { durability: 'relaxed' });
    for (const [key, body] of tiles) tx.objectStore('tiles').put(body, key);
    await promised(tx);
  };
  const stage = async (key, body) => {
    const own = batch;
    batch.push([key, body]);
    await writing;
    if (batch === own && own.length > 0) writing = write();
    await writing;
  };
  for (let from = 0; from < count; from += PACK) {
    const bodies = [];
    let next = from;
    const lane = async () => {
      while (next < Math.min(from + PACK, count)) {
        const key = (next += 1);
        const body = await tile().arrayBuffer();
        await stage(key, body);
        bodies.push(body);
      }
    };
    await Promise.all([lane(), lane(), lane()]);
    await cache.put(`/durable/${from}`, new Response(new Blob(bodies)));
    await promised(db.transaction('tiles', 'readwrite').objectStore('tiles').clear());
  }
  const took = performance.now() - begun;
  db.close();
  indexedDB.deleteDatabase('durable');
  await caches.delete('durable');
  return took;
}

const ways = { putAll, putPacks, putDurably };
addEventListener('message', (event) => {
  const { way, count } = event.data ?? {};
  if (way in ways) event.waitUntil(ways[way](count).then((took) => event.ports[0].postMessage(took)));
});

createTileCache({
  layers: { kb12: { template: '/tiles/kb12/{z}/{x}/{y}.png', maxAge: 86_400 } },
  regions: regions(),
  fetch: async () => tile(),
}).register({ skipWaiting: true, claim: true });
