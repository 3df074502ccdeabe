// Signs that nobody touches: what breaks heals by itself, or from the origin.
import type { Page } from '@playwright/test';
import { expect, ready, test } from './adapters/map-page';
import type { MapOrigin } from './adapters/origin';
import { shows } from './adapters/worker-page';
import { webglOptions } from './fixtures/browsers';
import { bundle } from './server/bundle';

test.use({ launchOptions: webglOptions });
test.describe.configure({ timeout: 180_000 });

const GOOD = `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: { roads: { maxAge: 3600, staleIfError: Infinity, timeout: 2 } } }).register({ skipWaiting: true, claim: true });`;
/** Takes every tile and answers none, acks nothing. */
const BAD = `
  addEventListener('install', () => skipWaiting());
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  addEventListener('fetch', (event) => {
    if (event.request.url.includes('/tiles/')) event.respondWith(new Promise(() => {}));
  });`;
const CLIENT = `
  import { createTileCacheClient } from 'sw-tile-cache';
  import { keepMapAlive } from 'sw-tile-cache/kiosk';
  const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/version.json', interval: 1 } });
  const watch = (binding) => made.then((client) => {
    window.client = client;
    window.alive = keepMapAlive(binding, client, { every: 1 });
    const note = (what) => sessionStorage.setItem('log', (sessionStorage.getItem('log') ?? '') + what + ' ');
    alive.on('symptom', ({ symptom }) => note(symptom));
    alive.on('heal', ({ remedy, done }) => done && note(remedy));
    client.on('ordered', (order) => note(JSON.stringify(order)));
  });`;
const LEAFLET = `${CLIENT}
  import * as L from 'leaflet';
  import { bindTileLayer } from 'sw-tile-cache/leaflet';
  const map = L.map('map', { center: [20, 10], zoom: 4 });
  const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').on('load', () => (window.ready = true)).addTo(map);
  made.then((client) => watch((window.binding = bindTileLayer(layer, client))));`;
const MAPLIBRE = `${CLIENT}
  import { bindSource } from 'sw-tile-cache/maplibre';
  const library = location.origin + '/lib/maplibre-gl/dist/maplibre-gl.mjs';
  (async () => {
    const client = await made;
    const { Map } = await import(/* @vite-ignore */ library);
    const map = (window.map = new Map({ container: 'map', center: [10, 20], zoom: 4, attributionControl: false, style: { version: 8,
      sources: { roads: { type: 'vector', tiles: [location.origin + '/tiles/roads/{z}/{x}/{y}.pbf'], maxzoom: 14 } },
      layers: [{ id: 'roads', type: 'fill', source: 'roads', 'source-layer': 'area', paint: { 'fill-color': '#f00', 'fill-antialias': false } }] } }));
    await watch((window.binding = bindSource(map, 'roads', client)));
    map.once('idle', () => (window.ready = true));
  })();`;

const log = (page: Page) => page.evaluate(() => sessionStorage.getItem('log') ?? '');
const state = (page: Page) =>
  page.evaluate(() => (window as never as { client?: { state: string } }).client?.state).catch(() => undefined);
const manifest = (origin: MapOrigin, client?: object) =>
  origin.serve('/version.json', JSON.stringify({ version: '1', ...(client && { client }) }), 'application/json');

async function sign(page: Page, origin: MapOrigin, program: string, worker = GOOD): Promise<void> {
  origin.serve('/sw.js', worker === BAD ? BAD : await bundle(worker), 'text/javascript');
  manifest(origin);
  await origin.page(
    '/sign',
    program,
    ['leaflet/dist/leaflet.css', 'maplibre-gl/dist/maplibre-gl.css']
      .map((css) => `<link rel="stylesheet" href="/lib/${css}">`)
      .join(''),
  );
  // A bad worker's images never come, nor does the event that waits for them.
  await page.goto(`${origin.url}/sign`, { waitUntil: 'commit' });
}

test('a WebGL context that is lost and not restored: the map is back without a hand', async ({ page, origin }) => {
  await sign(page, origin, MAPLIBRE);
  await ready(page);
  await shows(page, 'old');
  await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('#map canvas')!;
    (canvas.getContext('webgl2') ?? canvas.getContext('webgl'))!.getExtension('WEBGL_lose_context')!.loseContext();
  });
  await expect.poll(() => log(page).catch(() => ''), { timeout: 60_000 }).toMatch(/context .*redraw .*reload/);
  await ready(page);
  await shows(page, 'old');
});

test('a bad worker is off in every tab within one poll, and on again when it is withdrawn', async ({
  page,
  context,
  origin,
}) => {
  await sign(page, origin, LEAFLET, BAD);
  const other = await context.newPage();
  await other.goto(`${origin.url}/sign`, { waitUntil: 'commit' });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => navigator.serviceWorker?.controller != null);
    await tab.reload({ waitUntil: 'commit' });
  }
  manifest(origin, { worker: 'off' });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => navigator.serviceWorker.controller === null, undefined, { timeout: 60_000 });
    await ready(tab);
    await shows(tab, 'old');
  }
  expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
  // Not registered by the next load either.
  await page.reload();
  await ready(page);
  expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
  origin.serve('/sw.js', await bundle(GOOD), 'text/javascript');
  manifest(origin);
  await expect.poll(() => state(page), { timeout: 30_000 }).toBe('active');
  // The tab that reads the manifest first does it for all.
  expect(`${await log(page)}${await log(other)}`).toContain('{"worker":"on"}');
});

test('a token has every tab load itself anew, once', async ({ page, context, origin }) => {
  await sign(page, origin, LEAFLET);
  await ready(page);
  const other = await context.newPage();
  await other.goto(`${origin.url}/sign`);
  await ready(other);
  for (const tab of [page, other]) {
    // A token in the first manifest that a page reads may be as old as the page: it has read one, and another since.
    const checkedAt = () =>
      tab.evaluate(
        () => (window as never as { client?: { status(): { checkedAt?: number } } }).client?.status().checkedAt ?? 0,
      );
    await expect.poll(checkedAt).toBeGreaterThan(0);
    const first = await checkedAt();
    await expect.poll(checkedAt).toBeGreaterThan(first);
    await tab.evaluate(() => ((window as never as { old: boolean }).old = true));
  }
  manifest(origin, { reload: 'a' });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => !(window as never as { old?: boolean }).old, undefined, { timeout: 30_000 });
    await ready(tab);
    await tab.evaluate(() => ((window as never as { old: boolean }).old = true));
  }
  // Some polls later they are still the same documents.
  let polls = 0;
  page.on('request', (request) => (polls += request.url().endsWith('/version.json') ? 1 : 0));
  await expect.poll(() => polls, { timeout: 30_000 }).toBeGreaterThan(3);
  for (const tab of [page, other])
    expect(await tab.evaluate(() => (window as never as { old?: boolean }).old)).toBe(true);
});
