// Tiles of other hosts in image elements: with and without CORS, behind redirects, and under a Content-Security-Policy.
import type { Page } from '@playwright/test';
import { hear, heard } from './fixtures/heard';
import { expect, image, setClock, settle, test, tile, workerSource } from './fixtures/test';

const FRESH = { cc: 'max-age=3600', etag: '"a"' };
const path = (x: number) => `/tiles/roads/4/${x}/1.png`;
const layers = (crossUrl: string, more = '') =>
  workerSource(`{ layers: { roads: { template: ['/tiles/roads/*', '${crossUrl}/tiles/roads/*'] ${more} } } }`);

const notices = async (page: Page) => (await heard(page)).filter(({ notice }) => notice);

test('images of a host with CORS are stored, and no request needs a preflight', async ({
  server,
  controlled,
  page,
}) => {
  for (let x = 0; x < 6; x += 1) server.on(path(x), FRESH);
  await controlled(layers(server.crossUrl));
  const all = () => Promise.all([0, 1, 2, 3, 4, 5].map((x) => image(page, server.crossUrl + path(x))));
  expect(await all()).toEqual(Array(6).fill(8));
  await settle(page);
  server.reset();
  await page.goto(`${server.url}/`);
  expect(await all()).toEqual(Array(6).fill(8));
  expect(server.requests()).toEqual([]);
  await setClock(page, { clock: server.clock + 4_000_000 });
  for (let x = 0; x < 6; x += 1) server.on(path(x), FRESH);
  await page.goto(`${server.url}/`);
  expect(await all()).toEqual(Array(6).fill(8));
  expect(server.requests().every(({ method }) => method === 'GET')).toBe(true);
});

test('images of a host without CORS load, and few of them are requested twice', async ({
  server,
  controlled,
  page,
}) => {
  server.cors.allow = false;
  for (let x = 0; x < 12; x += 1) server.on(path(x), { cc: 'no-store' });
  await controlled(layers(server.crossUrl));
  for (let x = 0; x < 12; x += 1) expect(await image(page, server.crossUrl + path(x))).toBe(8);
  expect(server.requests().length).toBeLessThanOrEqual(15);
  const before = server.requests().length;
  await page.goto(`${server.url}/`);
  for (let x = 0; x < 12; x += 1) expect(await image(page, server.crossUrl + path(x))).toBe(8);
  expect(server.requests().length - before).toBe(12);
});

test('tiles that the page’s own host redirects to a storage host are validated without a preflight', async ({
  server,
  controlled,
  page,
}) => {
  await controlled(layers(server.crossUrl));
  server.on(path(0), {
    status: 302,
    headers: { location: `${server.crossUrl}/store/0.png`, 'cache-control': 'no-cache' },
  });
  server.on('/store/0.png', { cc: 'max-age=60', etag: '"s"' });
  for (let time = 0; time < 3; time += 1) {
    expect((await tile(page, path(0))).status, `time ${time}`).toBe(200);
    expect(await image(page, `${path(0)}#${time}`)).toBe(8);
    await settle(page);
    server.clock += 100_000;
    await setClock(page, server);
  }
  expect(server.requests().filter(({ method }) => method === 'OPTIONS')).toEqual([]);
});

test('an image of the page’s own host is validated by its ETag, with and without a partition', async ({
  server,
  controlled,
  page,
}) => {
  for (const layer of ['roads', 'own']) server.on(`/tiles/${layer}/4/1/1.png`, { cc: 'no-cache', etag: '"a"' });
  await controlled(workerSource(`{ layers: { roads: {}, own: { partition: 'ada' } } }`));
  for (const layer of ['roads', 'own']) {
    const url = `/tiles/${layer}/4/1/1.png`;
    expect(await image(page, url)).toBe(8);
    await settle(page);
    await page.goto(`${server.url}/`);
    expect(await image(page, url)).toBe(8);
    await settle(page);
    const seen = server.requests(url);
    expect(seen.map(({ headers }) => headers['if-none-match'] ?? null)).toEqual([null, '"a"']);
  }
});

test('images load under a Content-Security-Policy that allows them in pages and forbids the worker to fetch them', async ({
  server,
  page,
}) => {
  const policy = `default-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' ${server.crossUrl}`;
  const headers = { 'content-security-policy': policy };
  server.on('/map.html', { headers: { ...headers, 'content-type': 'text/html' }, body: '<title>map</title>' });
  server.on('/strict-sw.js', {
    headers: { ...headers, 'content-type': 'text/javascript' },
    body: await server.bundle(layers(server.crossUrl)),
  });
  for (let x = 0; x < 3; x += 1) server.on(path(x), FRESH);
  await page.goto(`${server.url}/map.html`);
  await page.evaluate(async () => {
    const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
    await navigator.serviceWorker.register('/strict-sw.js');
    await controlled;
  });
  await hear(page);
  // Even the first image loads.
  expect(await image(page, server.crossUrl + path(0))).toBe(8);
  expect(await Promise.all([1, 2].map((x) => image(page, server.crossUrl + path(x))))).toEqual([8, 8]);
  await expect.poll(() => notices(page)).toContainEqual(expect.objectContaining({ notice: 'csp' }));
  expect((await notices(page)).filter(({ notice }) => notice === 'offline')).toEqual([]);
  // The policy does not affect tiles of the page's own host.
  expect((await tile(page, path(0))).headers['cache-status']).toContain('sw-tile-cache');
  for (let x = 0; x < 3; x += 1)
    expect(server.requests(path(x)).filter(({ origin }) => origin === 'cross')).toHaveLength(1);
});
