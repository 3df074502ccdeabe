import type { Page } from '@playwright/test';
import { bundle } from '../server/bundle';
import type { MapOrigin } from './origin';

export const GOOD = `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: { roads: { maxAge: 3600, staleIfError: Infinity, timeout: 2 } } }).register({ skipWaiting: true, claim: true });`;
/** A worker that takes every tile request, answers none, and acknowledges nothing. */
export const BAD = `
  addEventListener('install', () => skipWaiting());
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  addEventListener('fetch', (event) => {
    if (event.request.url.includes('/tiles/')) event.respondWith(new Promise(() => {}));
  });`;
/**
 * A worker that, after the message `swallow`, takes every request, even those for documents, answers none, and
 * acknowledges nothing.
 */
export const SWALLOWS = `
  let swallows = false;
  addEventListener('install', () => skipWaiting());
  addEventListener('activate', (event) => event.waitUntil(clients.claim()));
  addEventListener('message', ({ data }) => { if (data === 'swallow') swallows = true; });
  addEventListener('fetch', (event) => { if (swallows) event.respondWith(new Promise(() => {})); });`;
const CLIENT = `
  import { createTileCacheClient } from 'sw-tile-cache';
  import { keepMapAlive } from 'sw-tile-cache/kiosk';
  const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/version.json', interval: Number(new URLSearchParams(location.search).get('interval') ?? 1) } });
  const watch = (binding) => made.then((client) => {
    window.client = client;
    window.alive = keepMapAlive(binding, client, { every: 1 });
    const note = (what) => sessionStorage.setItem('log', (sessionStorage.getItem('log') ?? '') + what + ' ');
    alive.on('symptom', ({ symptom }) => note(symptom));
    alive.on('heal', ({ remedy, done }) => done && note(remedy));
    client.on('ordered', (order) => note(JSON.stringify(order)));
  });`;
export const LEAFLET = `${CLIENT}
  import * as L from 'leaflet';
  import { bindTileLayer } from 'sw-tile-cache/leaflet';
  const map = L.map('map', { center: [20, 10], zoom: 4 });
  const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').on('load', () => (window.ready = true)).addTo(map);
  made.then((client) => watch((window.binding = bindTileLayer(layer, client))));`;
export const OPENLAYERS = `${CLIENT}
  import Map from 'ol/Map.js';
  import View from 'ol/View.js';
  import TileLayer from 'ol/layer/Tile.js';
  import { fromLonLat } from 'ol/proj.js';
  import XYZ from 'ol/source/XYZ.js';
  import { bindLayer } from 'sw-tile-cache/openlayers';
  const layer = new TileLayer({ source: new XYZ({ url: '/tiles/roads/{z}/{x}/{y}.png' }) });
  const view = new View({ center: fromLonLat([10, 20]), zoom: 4 });
  new Map({ target: 'map', controls: [], layers: [layer], view }).on('rendercomplete', () => (window.ready = true));
  made.then((client) => watch((window.binding = bindLayer(layer, client))));`;
export const MAPLIBRE = `${CLIENT}
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

/** Returns what the watchdog and the client of this tab have done, including before reloads. */
export const log = (page: Page) => page.evaluate(() => sessionStorage.getItem('log') ?? '');
export const state = (page: Page) =>
  page.evaluate(() => (window as never as { client?: { state: string } }).client?.state).catch(() => undefined);
export const manifest = (origin: MapOrigin, client?: object) =>
  origin.serve('/version.json', JSON.stringify({ version: '1', ...(client && { client }) }), 'application/json');

export const registrations = (page: Page) =>
  page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);

/** Opens a page with this worker and a watchdog. `interval` is the number of seconds between two version checks. */
export async function openSign(
  page: Page,
  origin: MapOrigin,
  program: string,
  worker = GOOD,
  { interval = 1 } = {},
): Promise<void> {
  origin.serve('/sw.js', worker.includes('import ') ? await bundle(worker) : worker, 'text/javascript');
  manifest(origin);
  await origin.page(
    '/sign',
    program,
    ['leaflet/dist/leaflet.css', 'maplibre-gl/dist/maplibre-gl.css']
      .map((css) => `<link rel="stylesheet" href="/lib/${css}">`)
      .join(''),
  );
  // With a bad worker the images never arrive, so the load event never fires.
  await page.goto(`${origin.url}/sign?interval=${interval}`, { waitUntil: 'commit' });
}
