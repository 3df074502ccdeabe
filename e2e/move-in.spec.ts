// The worker takes over tiles that Workbox and leaflet.offline have stored, without a request, and answers with them offline.
// For a long run that logs its duration: MOVE_IN=10000.
import type { MoveIn, MoveInResult } from '../src/shared/move-in';
import { expect, image, register, settle, test, tile } from './fixtures/test';

const MANY = Number(process.env['MOVE_IN'] ?? 300);

const workbox = `
  import 'test-preamble';
  import { clientsClaim } from 'workbox-core';
  import { ExpirationPlugin } from 'workbox-expiration';
  import { registerRoute } from 'workbox-routing';
  import { CacheFirst } from 'workbox-strategies';
  self.skipWaiting();
  clientsClaim();
  registerRoute(
    ({ url }) => url.pathname.startsWith('/tiles/'),
    new CacheFirst({ cacheName: 'map-tiles', plugins: [new ExpirationPlugin({ maxEntries: 500 })] }),
  );
`;

const worker = `
  import 'test-preamble';
  import { createTileCache } from 'sw-tile-cache/sw';
  import { moveIn } from 'sw-tile-cache/sw/move-in';
  createTileCache({ layers: { roads: { staleIfError: Infinity }, sea: {} }, moveIn: moveIn() }).register({ skipWaiting: true, claim: true });
`;

const script = `
  import { createTileCacheClient } from 'sw-tile-cache';
  import { openDB } from 'idb';
  window.move = async (what) => {
    window.client ??= await createTileCacheClient();
    return client.moveIn(what);
  };
  // Write the database as versions 2 and 3 of leaflet.offline do.
  window.saveForLeaflet = async (urls, body) => {
    const database = await openDB('leaflet.offline', 2, {
      upgrade(fresh) {
        const store = fresh.createObjectStore('tileStore', { keyPath: 'key' });
        store.createIndex('urlTemplate', 'urlTemplate');
        store.createIndex('z', 'z');
      },
    });
    for (const [x, url] of urls.entries())
      await database.put('tileStore', { blob: new Blob([body], { type: 'image/png' }), key: url, url, urlTemplate: '/tiles/roads/{z}/{x}/{y}.png', z: 7, x, y: 0, createdAt: Date.now() });
    database.close();
  };
`;

type Opened = {
  move: (what: MoveIn) => Promise<MoveInResult>;
  saveForLeaflet: (urls: string[], body: Uint8Array) => Promise<void>;
};

test('takes over tiles of Workbox and leaflet.offline without a request', async ({ server, page, context }) => {
  test.setTimeout(60_000 + MANY * 60);
  const kept = Array.from({ length: 12 }, (_, x) => `/tiles/roads/6/${x}/22.png`);
  for (const [i, path] of kept.entries()) server.on(path, { cc: i % 2 ? 'max-age=3600' : 'no-cache', etag: `"${i}"` });
  server.on('/tiles/roads/6/40/22.png', {
    body: Buffer.from('<!doctype html><title>log in</title>'),
    headers: { 'content-type': 'text/html' },
  });
  server.on('/tiles/rivers/6/1/22.png', { cc: 'max-age=3600' });
  const code = await server.worker(script);
  server.serve('/client.html', `<!doctype html><link rel="icon" href="data:,"><script src="${code}"></script>`);
  await page.goto(`${server.url}/client.html`);
  await register(page, await server.worker(workbox));
  const before = [];
  for (const path of kept) before.push((await tile(page, path)).hash);
  await tile(page, '/tiles/roads/6/40/22.png');
  await tile(page, '/tiles/rivers/6/1/22.png');
  await settle(page);
  const saved = Array.from({ length: MANY }, (_, x) => `/tiles/roads/7/${x % 100}/${Math.floor(x / 100)}.png`);
  await page.evaluate(
    async ({ saved, path }) => {
      const body = new Uint8Array(await (await fetch(path)).arrayBuffer());
      await (window as unknown as Opened).saveForLeaflet(saved, body);
      // Store as many tiles in a cache of Workbox.
      const cache = await caches.open('many');
      const fill = async (from: number) => {
        for (let i = from; i < saved.length; i += 16)
          await cache.put(
            saved[i]!.replace('roads', 'sea'),
            new Response(new Uint8Array([...body, ...new Uint8Array(8000)]), {
              headers: { 'content-type': 'image/png' },
            }),
          );
      };
      await Promise.all(Array.from({ length: 16 }, (_, from) => fill(from)));
    },
    { saved, path: kept[0]! },
  );

  await register(page, await server.worker(worker));
  const asked = server.requests().length;
  const move = (what: MoveIn) => page.evaluate((what) => (window as unknown as Opened).move(what), what);
  expect(await move({ from: 'workbox', cache: 'map-tiles', deleteAfter: true })).toEqual({
    taken: kept.length,
    refused: { implausible: 1, 'no-layer': 1 },
    skipped: 0,
    deleted: kept.length,
  });
  for (const what of [{ from: 'leaflet.offline' }, { from: 'workbox', cache: 'many' }] as const) {
    const begun = Date.now();
    expect(await move(what)).toEqual({ taken: MANY, refused: {}, skipped: 0, deleted: 0 });
    if (process.env['MOVE_IN']) console.log(`${MANY} of ${what.from}: ${Date.now() - begun} ms`);
  }
  expect(server.requests()).toHaveLength(asked);
  expect(await page.evaluate(async () => (await (await caches.open('map-tiles')).keys()).length)).toBe(2);

  // Delete the old stores, so that they cannot answer.
  await page.evaluate(() =>
    Promise.all([caches.delete('map-tiles'), caches.delete('many'), indexedDB.deleteDatabase('leaflet.offline')]),
  );
  await settle(page);
  const fresh = await tile(page, kept[1]!);
  expect(fresh.headers['cache-status']).toContain('hit');
  expect(server.requests()).toHaveLength(asked);
  await context.setOffline(true);
  for (const [i, path] of kept.entries()) {
    // Skip tiles with no-cache, which the worker never answers without validation.
    if (i % 2) expect((await tile(page, path)).hash, path).toBe(before[i]);
  }
  expect(await image(page, saved.at(-1)!)).toBe(8);
  expect(server.requests()).toHaveLength(asked);
});
