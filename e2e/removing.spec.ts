// Removal: nothing of the package is left in the browser, and pages continue with the network.
import type { Page } from '@playwright/test';
import type { removeTileCache } from '../src/index';
import { expect, test, tile } from './fixtures/test';

const TILE = '/tiles/roads/1/0/0.png';
const FRESH = { cc: 'max-age=3600' };
const LIVE = `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache().register({ skipWaiting: true, claim: true });
`;

/** Returns the origin's caches, databases, records and registrations, including the app's own. */
const left = (page: Page) =>
  page.evaluate(async () => ({
    caches: await caches.keys(),
    databases: (await indexedDB.databases()).map(({ name }) => name).sort(),
    records: Object.keys(localStorage),
    registrations: (await navigator.serviceWorker.getRegistrations()).length,
  }));

/** Stores data of the app itself, which must stay. */
const addOwn = (page: Page) =>
  page.evaluate(async () => {
    await (await caches.open('app-v1')).put('/x', new Response('x'));
    const open = indexedDB.open('app');
    await new Promise((resolve) => (open.onsuccess = resolve));
    open.result.close();
    localStorage.setItem('app', '1');
    localStorage.setItem('tile-cache:1', '1');
  });
/** What is left if nothing of the package is: the app's own data. */
const ONLY_OWN = { caches: ['app-v1'], databases: ['app'], records: ['app'], registrations: 0 };

async function withTiles(page: Page): Promise<void> {
  await addOwn(page);
  // Poll, because the worker stores a tile after it has begun to answer.
  await expect.poll(async () => (await tile(page, TILE)).headers['cache-status']).toContain('hit');
  // Poll, because the worker writes the index in batches.
  await expect.poll(async () => (await left(page)).databases.length).toBe(3);
}

test('removeTileCache() on the page', async ({ server, controlled }) => {
  server.on(TILE, FRESH);
  const page = await controlled();
  await withTiles(page);
  await page.addScriptTag({
    content: await server.bundle(
      `import { removeTileCache } from 'sw-tile-cache'; Object.assign(window, { removeTileCache });`,
    ),
  });
  const removed = await page.evaluate(() =>
    (window as unknown as { removeTileCache: typeof removeTileCache }).removeTileCache(),
  );
  expect(removed).toMatchObject({ unregistered: `${server.url}/`, pending: [] });
  expect(removed.caches.length).toBeGreaterThan(0);
  expect(removed.databases).toHaveLength(2);
  const { registrations, ...stored } = ONLY_OWN;
  expect(await left(page)).toMatchObject(stored);
  // The worker still controls the page, and stores nothing.
  const asked = server.requests(TILE).length;
  const answer = await tile(page, TILE, { cache: 'reload' });
  expect(answer.status).toBe(200);
  expect(answer.headers['cache-status']).toBeUndefined();
  expect(server.requests(TILE)).toHaveLength(asked + 1);
  await page.reload();
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
  expect(await left(page)).toEqual({ ...stored, registrations });
});

test('remove-worker.js replaces a live worker', async ({ server, page }) => {
  server.on(TILE, FRESH);
  await page.goto(`${server.url}/`);
  server.serve('/sw.js', await server.bundle(LIVE), 'text/javascript');
  await page.evaluate(async () => {
    const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
    await navigator.serviceWorker.register('/sw.js');
    await controlled;
  });
  await withTiles(page);
  server.serve('/sw.js', await server.bundle(`import '../sw/remove-worker';`), 'text/javascript');
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
  await expect.poll(async () => (await left(page)).registrations).toBe(0);
  await expect.poll(() => left(page)).toEqual({ ...ONLY_OWN, records: ['app', 'tile-cache:1'] });
  // The open page continues with the network.
  const answer = await tile(page, TILE, { cache: 'reload' });
  expect(answer.status).toBe(200);
  expect(answer.headers['cache-status']).toBeUndefined();
  await page.reload();
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
  expect((await left(page)).caches).toEqual(['app-v1']);
});

test('a server sends Clear-Site-Data', async ({ server, controlled }) => {
  server.on(TILE, FRESH);
  const page = await controlled();
  await withTiles(page);
  server.on('/gone.html', { headers: { 'clear-site-data': '"storage"', 'content-type': 'text/html' }, body: 'gone' });
  await page.goto(`${server.url}/gone.html`);
  await expect.poll(() => left(page)).toEqual({ caches: [], databases: [], records: [], registrations: 0 });
});
