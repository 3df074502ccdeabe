// The apps in examples/, each copied out of the repository, built with its own script, and run in a browser.
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, buildExample, serveBuilt } from './app';
import { expect, look, test as base } from './map-page';
import { type MapOrigin, startMapOrigin } from './origin';

const test = base.extend<{ example: (name: string, files?: Record<string, string>) => void }>({
  example: async ({ origin }, use) => {
    const apps: App[] = [];
    await use((name, files) => {
      const app = buildExample(name, files);
      apps.push(app);
      serveBuilt(join(app.dir, name === 'plain-html' ? 'public' : 'dist'), origin);
    });
    for (const app of apps) app.remove();
  },
});
test.describe.configure({ timeout: 180_000 });

/** Points away from controls, badge and legend. */
const MIDDLE = [150, 350, 550, 750].flatMap((x) => [200, 350, 500].map((y) => [x, y] as const));
const controlled = (page: Page) => page.waitForFunction(() => navigator.serviceWorker.controller !== null);
const shown = (page: Page) =>
  expect.poll(async () => (await look(page, MIDDLE)).old, { timeout: 60_000 }).toBe(MIDDLE.length);
/** Checks that what the map requested last now comes from the store. */
async function stored(page: Page, { url, requests }: MapOrigin, part: string): Promise<void> {
  const asked = requests.filter((path) => path.includes(part)).slice(-4);
  expect(asked.length).toBeGreaterThan(0);
  const statuses = () =>
    page.evaluate(
      (urls) => Promise.all(urls.map(async (one) => (await fetch(one)).headers.get('cache-status') ?? 'none')),
      asked.map((path) => url + path),
    );
  await expect.poll(async () => (await statuses()).filter((status) => !/; hit/.test(status))).toEqual([]);
}

for (const [name, offline] of [
  ['leaflet', false],
  ['react', false],
  ['plain-html', false],
  ['pwa', true],
  ['workbox', true],
] as const)
  test(`examples/${name} shows its map from the cache${offline ? ', also offline' : ''}`, async ({
    page,
    context,
    origin,
    example,
  }) => {
    example(name);
    origin.serve('/api/tile-version', '{"version":"1"}', 'application/json');
    await page.goto(`${origin.url}/`);
    await controlled(page);
    await page.reload();
    await shown(page);
    await stored(page, origin, '/tiles/political/');
    if (!offline) return;
    await context.setOffline(true);
    await page.reload();
    await shown(page);
    await context.setOffline(false);
  });

// Use a small window: without a graphics card, the time to draw a globe grows with the number of pixels.
const SMALL = [100, 200].flatMap((x) => [100, 200].map((y) => [x, y] as const));

for (const name of ['deckgl', 'cesium'] as const)
  test(`examples/${name} shows its map from the cache, and a new version without a reload`, async ({
    page,
    origin,
    example,
  }) => {
    const shows = (what: 'old' | 'new') =>
      expect.poll(async () => (await look(page, SMALL))[what], { timeout: 60_000 }).toBe(SMALL.length);
    await page.setViewportSize({ width: 400, height: 300 });
    const main = readFileSync(new URL(`../../examples/${name}/main.ts`, import.meta.url), 'utf8');
    example(name, { 'main.ts': main.replace('interval: 60', 'interval: 1') });
    origin.serve('/api/tile-version', '{"version":"1"}', 'application/json');
    serveTerrain(origin);
    await page.goto(`${origin.url}/`);
    await controlled(page);
    await shows('old');
    await stored(page, origin, '/tiles/political/');
    if (name === 'cesium') {
      const told = () =>
        page.evaluate(async () => (await fetch('/terrain/0/0/0.terrain?v=1')).headers.get('cache-status'));
      await expect.poll(told).toContain('; hit');
    }
    origin.version = 2;
    origin.serve('/api/tile-version', '{"version":"2"}', 'application/json');
    await shows('new');
  });

/** Serves a flat world of two tiles. */
function serveTerrain({ serve }: MapOrigin): void {
  const layer = {
    ...{ tilejson: '2.1.0', format: 'heightmap-1.0', version: '1.0.0', scheme: 'tms', tiles: ['{z}/{x}/{y}.terrain'] },
    ...{ maxzoom: 0, bounds: [-180, -90, 180, 90], available: [[{ startX: 0, startY: 0, endX: 1, endY: 0 }]] },
  };
  serve('/terrain/layer.json', JSON.stringify(layer), 'application/json');
  // 65 by 65 heights of two bytes each, and two masks of one byte.
  const heights = '\0'.repeat(65 * 65 * 2 + 2);
  for (const x of [0, 1]) serve(`/terrain/0/${x}/0.terrain`, heights, 'application/octet-stream', 'max-age=600');
}

test('examples/openlayers shows a WMS over a WMTS from the cache', async ({ page, origin, example }) => {
  example('openlayers');
  origin.serve('/api/tile-version', '{"version":"1"}', 'application/json');
  await page.goto(`${origin.url}/`);
  await controlled(page);
  await page.reload();
  await shown(page);
  await stored(page, origin, '/wms?');
  await stored(page, origin, '/wmts?');
});

test('examples/maplibre shows the map of another host after that host is gone, and stores no API key', async ({
  page,
  origin,
  example,
}) => {
  const host = await startMapOrigin();
  const style = {
    version: 8,
    sources: { streets: { type: 'vector', url: `${host.url}/styles/streets-tiles.json` } },
    glyphs: `${host.url}/fonts/{fontstack}/{range}.pbf`,
    layers: [
      { id: 'area', type: 'fill', source: 'streets', 'source-layer': 'area', paint: { 'fill-color': '#ff0000' } },
      {
        id: 'name',
        type: 'symbol',
        source: 'streets',
        'source-layer': 'area',
        layout: { 'text-field': 'a', 'text-font': ['Sans'], 'text-size': 1 },
      },
    ],
  };
  const tiles = { tilejson: '3.0.0', tiles: [`${host.url}/tiles/streets/{z}/{x}/{y}.pbf`], maxzoom: 14 };
  host.serve('/styles/streets.json', JSON.stringify(style), 'application/json', 'max-age=600');
  host.serve('/styles/streets-tiles.json', JSON.stringify(tiles), 'application/json', 'max-age=600');
  host.serve('/fonts/Sans/0-255.pbf', '', 'application/x-protobuf', 'max-age=600');
  host.fail = (path) => (path.includes('key=secret-4f1d') ? undefined : 403);
  example('maplibre', { '.env': `VITE_HOST=${host.url}\nVITE_KEY=secret-4f1d\n` });
  await page.goto(`${origin.url}/`);
  await controlled(page);
  await shown(page);
  await stored(page, host, '/tiles/streets/');
  await host.close();
  await page.reload();
  await shown(page);
  const kept = await page.evaluate(async () => {
    const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
    return (await Promise.all(caches_.map((cache) => cache.keys()))).flat().map(({ url }) => url);
  });
  expect(kept.length).toBeGreaterThan(3);
  expect(kept.filter((url) => url.includes('secret-4f1d'))).toEqual([]);
});
