// The worker reads the place of a tile from the URLs of real map servers, so that a purge with a box reaches the tile.
import type { Page } from '@playwright/test';
import { ask, expect, register, settle, tile, workerSource } from './fixtures/test';
import { test } from './fixtures/shared-page';
import { png } from './server/tiles';
import type { SeenRequest, TileServer } from './server/tile-server';

/** Half the length of the equator in Web Mercator. */
const HALF = 20037508.342789244;
const box = (z: number, x: number, y: number): number[] => {
  const side = (2 * HALF) / 2 ** z;
  return [x * side - HALF, HALF - (y + 1) * side, (x + 1) * side - HALF, HALF - y * side];
};
const getMap = (z: number, x: number, y: number, layers = 'topp:states') =>
  `/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=${layers}&STYLES=&SRS=EPSG:3857&WIDTH=256&HEIGHT=256&FORMAT=image/png&BBOX=${box(z, x, y).join()}`;
/** The URL of the same image as another client writes it: lower-case names, escaped, in another order. */
const getMapOtherwise = (z: number, x: number, y: number) =>
  `/wms?bbox=${box(z, x, y).join('%2C')}&format=image%2Fpng&height=256&width=256&srs=EPSG%3A3857&styles=&layers=topp%3Astates&request=GetMap&version=1.1.1&service=WMS`;

/** Serves images for every query of this path. */
const serveImages = (server: TileServer, path: string) =>
  server.on(path, ({ method, url, count }: SeenRequest) => ({
    cc: 'max-age=3600',
    body: method === 'POST' ? 'done' : png(`${url.length}#${count}`),
    headers: { 'content-type': method === 'POST' ? 'text/plain' : 'image/png' },
  }));

const statusOf = async (page: Page, url: string) => (await tile(page, url)).headers['cache-status'] ?? '';
const store = async (page: Page, urls: readonly string[]) => {
  for (const url of urls) expect(await statusOf(page, url), url).toContain('fwd=');
  await settle(page);
  for (const url of urls) expect(await statusOf(page, url), url).toContain('hit');
};
const purge = (page: Page, layer: string, bbox: number[], zooms?: number[]) =>
  ask(page, { type: 'CACHE_INVALIDATE', layer, bbox, buffer: 0, id: `${layer} ${bbox}`, ...(zooms && { zooms }) });

const layers = (extra = '') => workerSource(`{ layers: { wms: { template: '/wms*' }, ${extra} } }`);

test('WMS: equivalent URLs share one image, and a box reaches exactly the images that it touches', async ({
  server,
  controlled,
}) => {
  serveImages(server, '/wms');
  const page = await controlled(layers());
  const row = Array.from({ length: 8 }, (_, x) => getMap(3, x, 3));
  const national = getMap(3, 4, 3).replace('EPSG:3857', 'EPSG:2056');
  await store(page, [...row, getMap(3, 3, 3, 'rivers')]);
  expect(await statusOf(page, getMapOtherwise(3, 5, 3))).toContain('hit');
  const before = server.requests('/wms').length;
  // The box from 1° to 44° east and 1° to 40° north touches only column 4 of zoom 3.
  expect(await purge(page, 'wms', [1, 1, 44, 40])).toMatchObject({ ok: true });
  for (const [x, url] of row.entries())
    expect(await statusOf(page, url), `column ${x}`).toContain(x === 4 ? 'fwd=' : 'hit');
  expect(await statusOf(page, getMap(3, 3, 3, 'rivers'))).toContain('hit');
  expect(server.requests('/wms')).toHaveLength(before + 1);
  // The worker does not know the grid of this image. A box would miss it, so the purge is refused.
  await tile(page, national);
  await settle(page);
  expect(await purge(page, 'wms', [2, 1, 44, 40])).toMatchObject({ ok: false, error: { code: 'UNREACHABLE_TILES' } });
});

test('a POST to a map server invalidates only its own URL', async ({ server, controlled }) => {
  serveImages(server, '/wms');
  const page = await controlled(layers());
  const urls = [getMap(2, 0, 0), getMap(2, 1, 1), getMap(2, 1, 1, 'rivers')];
  await store(page, urls);
  for (const target of ['/wms', '/wms?SERVICE=WMS&REQUEST=GetFeatureInfo', urls[0]!]) {
    const answer = await tile(page, target, { method: 'POST', body: 'click' });
    expect(answer).toMatchObject({ status: 200, text: 'done' });
    await settle(page);
  }
  expect(await statusOf(page, urls[1]!)).toContain('hit');
  expect(await statusOf(page, urls[2]!)).toContain('hit');
  expect(await statusOf(page, urls[0]!)).toContain('fwd=');
});

for (const [grid, template, url] of [
  ['{quadkey}', '/q/a{quadkey}.jpeg', (x: number, y: number) => `/q/a${quadkey(3, x, y)}.jpeg`],
  ['{-y}', '/t/{z}/{x}/{-y}.png', (x: number, y: number) => `/t/3/${x}/${7 - y}.png`],
] as const) {
  test(`${grid}: a box reaches the tiles in it and no others`, async ({ server, controlled }) => {
    const page = await controlled(workerSource(`{ layers: { base: { template: '${template}' } } }`));
    const urls = [3, 4].flatMap((x) => [3, 4].map((y) => ({ inside: x === 4 && y === 3, url: url(x, y) })));
    for (const one of urls)
      server.on(one.url, () => ({
        cc: 'max-age=3600',
        body: png(one.url),
        headers: { 'content-type': 'image/png' },
      }));
    await store(
      page,
      urls.map((one) => one.url),
    );
    expect(await purge(page, 'base', [1, 1, 44, 40])).toMatchObject({ ok: true });
    for (const one of urls) expect(await statusOf(page, one.url), one.url).toContain(one.inside ? 'fwd=' : 'hit');
  });
}

test('an app whose worker has a path as its scope needs no configuration', async ({ server, page }) => {
  const own = '/repo/tiles/roads/1/0/0.png';
  const outside = '/elsewhere/tiles/roads/1/0/0.png';
  for (const path of [own, outside]) server.on(path, { cc: 'max-age=3600' });
  server.serve('/repo/', '<!doctype html><link rel="icon" href="data:,"><title>app</title>');
  server.serve('/repo/sw.js', await server.bundle(workerSource()), 'text/javascript');
  await page.goto(`${server.url}/repo/`);
  await register(page, '/repo/sw.js', { scope: '/repo/' });
  await store(page, [own]);
  expect(server.requests(own)).toHaveLength(1);
  expect((await tile(page, outside)).headers).not.toHaveProperty('cache-status');
  // The key is the tile's address in the layer.
  const keys = await page.evaluate(async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith('tile-cache-v1:'));
    return (await Promise.all(names.map(async (name) => (await caches.open(name)).keys())))
      .flat()
      .map(({ url }) => url);
  });
  expect(keys).toEqual([expect.stringMatching(/\/__stc\/@roads\/.*1\/0\/0\.png\?__stc=/)]);
});

test('a layer that moves to another host keeps its stored tiles', async ({ server, page }) => {
  const path = '/tiles/roads/2/1/1.png';
  server.on(path, { cc: 'max-age=3600' });
  const on = (host: string) =>
    server.worker(workerSource(`{ layers: { roads: { template: '${host}/tiles/roads/{z}/{x}/{y}.png' } } }`));
  await page.goto(`${server.url}/`);
  await register(page, await on(''));
  await store(page, [path]);
  await register(page, await on(server.crossUrl));
  const moved = await tile(page, server.crossUrl + path);
  expect(moved.headers['cache-status']).toContain('hit');
  expect(moved.label).toBe(`${path}#1`);
  expect(server.requests(path)).toHaveLength(1);
  // A purge with a box reaches the tile on the new host.
  expect(await purge(page, 'roads', [-80, 10, -10, 60], [2, 2])).toMatchObject({ ok: true });
  expect((await tile(page, server.crossUrl + path)).label).toBe(`${path}#2`);
});

function quadkey(z: number, x: number, y: number): string {
  return Array.from({ length: z }, (_, i) => ((x >> (z - 1 - i)) & 1) + 2 * ((y >> (z - 1 - i)) & 1)).join('');
}
