import type { Tab } from '../fixtures/tab';
import type { Map as MapLibreMap } from 'maplibre-gl';
import { POINTS, census, record } from './film';
import {
  type MapWindow,
  NEW_VERSION,
  becomesEmpty,
  emit,
  expect,
  frames,
  look,
  publishInOneFrame,
  publishOnFilm,
  ready,
  settled,
  shows,
  test as base,
} from './map-page';

/** MapLibre is loaded as its own module, because it loads a worker beside it. */
const program = (kind: 'raster' | 'vector') => `
  import { bindSource, versionedRequests } from 'sw-tile-cache/maplibre';
  import { createStub } from '${import.meta.dirname}/stub';
  const client = createStub();
  const raster = { type: 'raster', tiles: [location.origin + '/tiles/roads/{z}/{x}/{y}.png'], tileSize: 256 };
  const vector = { type: 'vector', tiles: [location.origin + '/tiles/roads/{z}/{x}/{y}.pbf'], maxzoom: 14 };
  const fill = { 'fill-color': ['case', ['==', ['get', 'version'], 2], '#0000ff', '#ff0000'], 'fill-antialias': false };
  const library = location.origin + '/lib/maplibre-gl/dist/maplibre-gl.mjs';
  import(/* @vite-ignore */ library).then((maplibregl) => {
    const map = new maplibregl.Map({
      container: 'map', center: [10, 20], zoom: 4, attributionControl: false,
      canvasContextAttributes: { preserveDrawingBuffer: true },
      transformRequest: location.search === '?versioned' ? versionedRequests(client) : undefined,
      style: { version: 8, sources: { roads: ${kind === 'raster' ? 'raster' : 'vector'} }, layers: [
        ${kind === 'raster' ? "{ id: 'roads', type: 'raster', source: 'roads' }" : "{ id: 'roads', type: 'fill', source: 'roads', 'source-layer': 'area', paint: fill }"}
      ] },
    });
    const popup = new maplibregl.Popup({ closeButton: false }).setLngLat([10, 20]).setText('still here').addTo(map);
    const bind = (options) => (window.binding = bindSource(map, 'roads', client, options));
    bind(window.bindOptions);
    Object.assign(window, { map, client, bind, maplibregl });
    map.once('idle', () => (window.ready = true));
  });
`;

interface MapLibreWindow extends MapWindow {
  map: MapLibreMap;
  bindOptions: object;
}

const test = base.extend<{ kind: 'raster' | 'vector'; open: () => Promise<Tab> }>({
  kind: ['raster', { option: true }],
  open: async ({ tab: page, origin, kind }, use) => {
    // This page has no worker, and the HTTP cache must not answer in its place.
    origin.cacheControl = 'no-cache';
    await use(async () => {
      await origin.page('/map', program(kind), '<link rel="stylesheet" href="/lib/maplibre-gl/dist/maplibre-gl.css">');
      await page.goto(`${origin.url}/map`);
      await ready(page);
      return page;
    });
  },
});

/** Points that the popup does not cover. */
const FREE = POINTS.filter(([x]) => x < 250 || x > 520);

const place = (page: Tab) =>
  page.evaluate(() => {
    const { map } = window as never as MapLibreWindow;
    return { ...map.getCenter(), zoom: map.getZoom(), popup: document.querySelector('.maplibregl-popup')?.textContent };
  });
const idle = (page: Tab) =>
  page.evaluate(() => {
    const { map } = window as never as MapLibreWindow;
    return new Promise<void>((resolve) =>
      map.loaded() && map.areTilesLoaded() && !map.isMoving() ? resolve() : void map.once('idle', () => resolve()),
    );
  });

for (const kind of ['raster', 'vector'] as const)
  test.describe(kind, () => {
    test.use({ kind });

    test('a new version appears without a blank frame, and nothing on the map moves', async ({ origin, open }) => {
      const page = await open();
      const before = await place(page);
      expect(await look(page, FREE)).toMatchObject({ old: FREE.length });
      origin.version = 2;
      const seen = await publishOnFilm(page, FREE);
      expect(seen.every((frame) => frame.blank === 0)).toBe(true);
      expect(seen.at(-1)).toMatchObject({ new: FREE.length });
      expect(await place(page)).toEqual(before);
      expect(before.popup).toContain('still here');
    });

    test('with swap: view, all tiles are exchanged in one frame', async ({ origin, open }) => {
      const page = await open();
      await publishInOneFrame(
        page,
        origin,
        () => page.evaluate(() => void (window as never as MapLibreWindow).map.panBy([600, 0], { animate: false })),
        FREE,
      );
    });

    for (const swap of ['tile', 'view'])
      test(`with swap: ${swap}, tiles disappear that the origin no longer has`, async ({ origin, open }) => {
        await becomesEmpty(await open(), origin, { swap }, FREE);
      });

    test('the old tile stays while the new one is slow, and if it fails', async ({ origin, open }) => {
      const page = await open();
      origin.version = 2;
      const asked = origin.requests.length;
      const release = origin.hold();
      origin.fail = (path) => (/\/[45]\/(9|1[6-9])\//.test(path) ? 503 : undefined);
      const film = await record(page);
      await emit(page, 'versionchange', NEW_VERSION);
      await expect.poll(() => origin.requests.length).toBeGreaterThan(asked);
      expect(await look(page, FREE)).toMatchObject({ old: FREE.length });
      release();
      await expect.poll(async () => (await look(page, FREE)).new).toBeGreaterThan(0);
      const seen = (await film.stop()).map((frame) => census(frame, FREE));
      expect(seen.every((frame) => frame.blank === 0)).toBe(true);
      expect(seen.at(-1)!.old).toBeGreaterThan(0);
      origin.fail = () => undefined;
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await settled(page);
      await shows(page, FREE, { new: FREE.length });
    });

    test('without the binding, a refresh that fails shows blank frames', async ({ origin, open }) => {
      const page = await open();
      origin.fail = () => 503;
      const film = await record(page);
      await page.evaluate(() => (window as never as MapLibreWindow).map.refreshTiles('roads'));
      await idle(page);
      await expect.poll(async () => (await look(page, FREE)).blank).toBeGreaterThan(0);
      await film.stop();
    });

    test('panning brings back no old tile', async ({ origin, open }) => {
      const page = await open();
      const jump = (lng: number, zoom = 4) =>
        page.evaluate((to) => (window as never as MapLibreWindow).map.jumpTo({ center: [to[0], 20], zoom: to[1] }), [
          lng,
          zoom,
        ] as const);
      await jump(100);
      await idle(page);
      await jump(10);
      await idle(page);
      origin.version = 2;
      await emit(page, 'versionchange', NEW_VERSION);
      await settled(page);
      await jump(100);
      await idle(page);
      await shows(page, FREE, { old: 0, new: FREE.length });
      await jump(100, 3);
      await idle(page);
      await jump(100, 4);
      await idle(page);
      await shows(page, FREE, { new: FREE.length });
    });

    test('a tile that left the view before its new bytes arrived does not come back old', async ({ origin, open }) => {
      const page = await open();
      const jump = (lng: number) =>
        page.evaluate((to) => (window as never as MapLibreWindow).map.jumpTo({ center: [to, 20] }), lng);
      origin.version = 2;
      const asked = origin.requests.length;
      const release = origin.hold();
      await emit(page, 'versionchange', NEW_VERSION);
      await expect.poll(() => origin.requests.length).toBeGreaterThan(asked);
      await jump(130);
      await frames(page);
      release();
      await settled(page);
      await idle(page);
      await jump(10);
      await idle(page);
      await shows(page, FREE, { new: FREE.length });
    });

    test('requests only the listed tiles again', async ({ origin, open }) => {
      const page = await open();
      const tiles = await page.evaluate(() => (window as never as MapLibreWindow).binding.tiles());
      expect(tiles.length).toBeGreaterThan(0);
      const [tile] = tiles as [{ z: number; x: number; y: number }];
      origin.version = 2;
      const asked = origin.requests.length;
      await emit(page, 'tilesupdated', { layer: 'roads', tiles: [tile, { z: 4, x: 2, y: 2 }] });
      await emit(page, 'tilesupdated', { layer: 'rivers', tiles });
      await frames(page);
      await settled(page);
      const { z, x, y } = tile;
      expect(new Set(origin.requests.slice(asked))).toEqual(
        new Set([`/tiles/roads/${z}/${x}/${y}.${kind === 'raster' ? 'png' : 'pbf'}`]),
      );
    });

    test('supports a template with the version in its path', async ({ origin, open }) => {
      const page = await open();
      await page.evaluate(
        (type) => {
          const w = window as never as MapLibreWindow;
          w.binding.unbind();
          w.bind({ tiles: (version: string) => [`${location.origin}/tiles/roads/v${version}/{z}/{x}/{y}.${type}`] });
        },
        kind === 'raster' ? 'png' : 'pbf',
      );
      // A binding requests the shown tiles of a layer that had another one before.
      await frames(page);
      await settled(page);
      const asked = origin.requests.length;
      const seen = await publishOnFilm(page, FREE);
      expect(seen.every((frame) => frame.blank === 0)).toBe(true);
      expect(seen.at(-1)).toMatchObject({ new: FREE.length });
      expect(origin.requests.slice(asked).every((path) => path.includes('/v2/'))).toBe(true);
    });
  });

test('versionedRequests puts the version into tile URLs', async ({ origin, open }) => {
  const page = await open();
  await page.goto(`${origin.url}/map?versioned`);
  await ready(page);
  const asked = origin.requests.length;
  const seen = await publishOnFilm(page, FREE);
  expect(seen.every((frame) => frame.blank === 0)).toBe(true);
  expect(seen.at(-1)).toMatchObject({ new: FREE.length });
  expect(origin.requests.slice(asked).every((path) => path.endsWith('?v=2'))).toBe(true);
});

test('unbinding leaves nothing behind', async ({ origin, open }) => {
  const page = await open();
  const left = () =>
    page.evaluate(() => {
      const { map, client } = window as never as MapLibreWindow;
      const { _listeners } = map as never as { _listeners: Record<string, unknown[]> };
      return {
        map: Object.values(_listeners).reduce((sum, list) => sum + list.length, 0),
        client: client.listenerCount(),
      };
    });
  const bound = await left();
  await page.evaluate(() => (window as never as MapLibreWindow).binding.unbind());
  const unbound = await left();
  expect(unbound).toEqual({ map: bound.map - 4, client: 0 });
  await page.evaluate(() => {
    const abort = new AbortController();
    (window as never as MapLibreWindow).bind({ signal: abort.signal });
    abort.abort();
  });
  expect(await left()).toEqual(unbound);
  const asked = origin.requests.length;
  await emit(page, 'versionchange', NEW_VERSION);
  await frames(page);
  expect(origin.requests).toHaveLength(asked);
});
