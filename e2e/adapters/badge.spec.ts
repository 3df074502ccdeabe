// The badge beside a real map under the real worker: it never calls old tiles current, and it stops warning as soon as
// the tiles on the screen are new.
import type { Page } from '@playwright/test';
import type { Binding } from '../../src/adapters/binding';
import { SHIM, shift } from '../fixtures/shifted-clock';
import { bundle } from '../server/bundle';
import { expect, ready, test } from './map-page';
import type { MapOrigin } from './origin';
import { shows } from './worker-page';

test.describe.configure({ timeout: 180_000 });

const WORKER = `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: { roads: { maxAge: 3600, staleIfError: Infinity, timeout: 2 } } }).register({ skipWaiting: true, claim: true });`;
const CLIENT = `
  import { createTileCacheClient } from 'sw-tile-cache';
  const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/version.json', interval: 2 } });`;
const LEAFLET = `${CLIENT}
  import * as L from 'leaflet';
  import { bindTileLayer } from 'sw-tile-cache/leaflet';
  import 'sw-tile-cache/tile-age';
  made.then((client) => {
    const map = (window.map = L.map('map', { center: [20, 10], zoom: 4, zoomAnimation: false, inertia: false }));
    const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').on('load', () => (window.ready = true)).addTo(map);
    const badge = document.querySelector('tile-age');
    badge.client = window.client = client;
    badge.binding = window.binding = bindTileLayer(layer, client);
  });`;
const badge = (page: Page) => page.locator('tile-age');
const version = (origin: MapOrigin, text: string) =>
  origin.serve('/version.json', `{"version":"${text}"}`, 'application/json');

async function open(page: Page, origin: MapOrigin, worker = WORKER): Promise<void> {
  await page.addInitScript(SHIM);
  origin.serve('/sw.js', SHIM + (await bundle(worker)), 'text/javascript');
  version(origin, '1');
  const head =
    '<link rel="stylesheet" href="/lib/leaflet/dist/leaflet.css"><html lang="en"><tile-age layer="roads" show-current></tile-age>';
  await origin.page('/map', LEAFLET, head);
  await page.goto(`${origin.url}/map`);
  await ready(page);
}

test('never says "Up to date" while the tiles of a new version fail, nor while the origin is down', async ({
  page,
  origin,
}) => {
  await open(page, origin);
  await page.reload();
  await ready(page);
  await expect(badge(page)).toHaveAttribute('state', 'current');
  origin.fail = () => 503;
  origin.version = 2;
  version(origin, '2');
  await expect(badge(page)).toHaveAttribute('state', 'old', { timeout: 45_000 });
  await shows(page, 'old');
  await page.reload();
  await ready(page);
  await expect(badge(page)).toHaveAttribute('state', 'old');
  const told: string[] = [];
  await page.exposeFunction('told', (state: string) => void told.push(state));
  await page.evaluate(() =>
    addEventListener('tileagechange', (event) =>
      (window as never as { told(state: string): void }).told((event as CustomEvent<{ state: string }>).detail.state),
    ),
  );
  origin.fail = () => -1;
  origin.serve('/version.json', 'no', 'text/plain');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(badge(page)).toHaveAttribute('state', /offline|old/);
  expect(told).not.toContain('current');
  origin.fail = () => undefined;
  version(origin, '2');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(badge(page)).toHaveAttribute('state', 'current', { timeout: 45_000 });
  await shows(page, 'new');
});

test('says "Up to date" in the end when a slow origin publishes a version in which no tile changed', async ({
  page,
  origin,
}) => {
  // A slow origin is not a failing one: the worker must wait for it, so remove the timeout.
  await open(page, origin, WORKER.replace(', timeout: 2', ''));
  await page.reload();
  await ready(page);
  await expect(badge(page)).toHaveAttribute('state', 'current');
  const release = origin.hold();
  origin.label = 2;
  version(origin, '2');
  const statuses = () =>
    page.evaluate(() => {
      const { binding } = window as never as { binding: Binding };
      return [...new Set(binding.tiles().map((tile) => binding.age(tile)?.status))];
    });
  await expect.poll(statuses).toEqual(['stale']);
  await expect(badge(page)).not.toHaveAttribute('state', 'current');
  release();
  await expect(badge(page)).toHaveAttribute('state', 'current');
  await shows(page, 'old');
});

test('says that tiles are missing when every tile of the map has failed', async ({ page, origin }) => {
  origin.fail = () => 503;
  await open(page, origin);
  await page.reload();
  await ready(page);
  await expect(badge(page)).toHaveAttribute('state', 'missing');
  origin.fail = () => undefined;
  await expect(badge(page)).toHaveAttribute('state', 'current', { timeout: 45_000 });
  await shows(page, 'old');
});

test('after three days without the origin, stops warning as soon as the tiles on the screen are renewed', async ({
  page,
  origin,
}) => {
  await open(page, origin);
  await page.reload();
  await ready(page);
  const look = (longitude: number) =>
    page.evaluate((at) => {
      (window as never as { ready: boolean }).ready = false;
      (window as never as { map: { setView(centre: number[], zoom: number): void } }).map.setView([20, at], 4);
    }, longitude);
  // Move away and back: tiles that are no longer on the screen are not renewed.
  await look(-90);
  await ready(page);
  await look(10);
  await ready(page);
  await expect(badge(page)).toHaveAttribute('state', 'current');
  origin.fail = () => -1;
  origin.serve('/version.json', 'no', 'text/plain');
  await shift(page, 3 * 86_400_000);
  await page.reload();
  await ready(page);
  await expect(page.locator('tile-age [part=text]')).toContainText('3 days');
  const asked = origin.requests.length;
  origin.fail = () => undefined;
  version(origin, '1');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(badge(page)).toHaveAttribute('state', 'current', { timeout: 45_000 });
  // The page must renew the tiles on the screen, and no others.
  expect(origin.requests.slice(asked).length).toBeGreaterThan(0);
  expect(origin.requests.slice(asked).filter((path) => /\/4\/[0-5]\//.test(path))).toEqual([]);
});

test('each of two open pages hears of its own vector tiles only', async ({ page, context, origin }) => {
  const program = `${CLIENT}
    import { bindSource } from 'sw-tile-cache/maplibre';
    const library = location.origin + '/lib/maplibre-gl/dist/maplibre-gl.mjs';
    (async () => {
      const client = (window.client = await made);
      window.heard = [];
      client.on('used', ({ uses }) => window.heard.push(...uses.flatMap(({ tile }) => (tile ? [tile.z + '/' + tile.x + '/' + tile.y] : []))));
      const { Map } = await import(/* @vite-ignore */ library);
      const map = new Map({ container: 'map', center: [Number(location.hash.slice(1)), 20], zoom: 4, attributionControl: false, style: { version: 8,
        sources: { roads: { type: 'vector', tiles: [location.origin + '/tiles/roads/{z}/{x}/{y}.pbf'], maxzoom: 14 } },
        layers: [{ id: 'roads', type: 'fill', source: 'roads', 'source-layer': 'area', paint: { 'fill-color': '#f00' } }] } });
      window.binding = bindSource(map, 'roads', client);
      map.once('idle', () => (window.ready = true));
    })();`;
  origin.serve('/sw.js', await bundle(WORKER), 'text/javascript');
  version(origin, '1');
  await origin.page('/map', program, '<link rel="stylesheet" href="/lib/maplibre-gl/dist/maplibre-gl.css">');
  type Pair = { heard: string[]; binding: { tiles(): Array<{ z: number; x: number; y: number }> } };
  const shown = (of: Page) =>
    of.evaluate(() => (window as never as Pair).binding.tiles().map(({ z, x, y }) => `${z}/${x}/${y}`));
  const heard = (of: Page) => of.evaluate(() => [...new Set((window as never as Pair).heard)]);

  const other = await context.newPage();
  await page.goto(`${origin.url}/map#10`);
  await ready(page);
  await other.goto(`${origin.url}/map#-100`);
  await ready(other);
  const [mine, theirs] = [await shown(page), await shown(other)];
  expect(mine.filter((tile) => theirs.includes(tile))).toEqual([]);
  for (const [reloaded, itsOwn, quiet, notIts] of [
    [other, theirs, page, mine],
    [page, mine, other, theirs],
    [other, theirs, page, mine],
  ] as const) {
    await reloaded.reload();
    await ready(reloaded);
    await expect.poll(async () => (await heard(reloaded)).length).toBeGreaterThanOrEqual(itsOwn.length);
    expect((await heard(reloaded)).filter((tile) => notIts.includes(tile))).toEqual([]);
    expect((await heard(quiet)).filter((tile) => itsOwn.includes(tile))).toEqual([]);
  }
});
