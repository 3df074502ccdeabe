import type { Tab } from '../fixtures/tab';
import { bundle } from '../server/bundle';
import { expect, test } from './map-page';
import { CONTROLLED, MAPS } from './worker-page';

/** How to move the map of each library. */
const GO = {
  leaflet: 'map.setView([latitude, longitude], zoom, { animate: false })',
  openlayers: 'map.getView().setCenter(fromLonLat([longitude, latitude])); map.getView().setZoom(zoom)',
  maplibre: 'map.jumpTo({ center: [longitude, latitude], zoom })',
};

const program = (name: keyof typeof MAPS) => `${MAPS[name].match(/^\s*import .*$/gm)!.join('\n')}
  import { createTileCacheClient } from 'sw-tile-cache';
  import { prefetchTiles } from 'sw-tile-cache/prefetch';
  (async () => {
    // Replace the browser's information about its connection, so that the test can change it.
    window.connection = Object.assign(new EventTarget(), { saveData: true });
    Object.defineProperty(navigator, 'connection', { value: window.connection });
    const client = (window.client = await createTileCacheClient({ serviceWorker: '/sw.js' }));
    ${CONTROLLED}
    ${MAPS[name].replace(/^\s*import .*$/gm, '')}
    window.go = (longitude, latitude, zoom) => { ${GO[name]}; };
    window.prefetch = prefetchTiles(window.binding, { share: 10 });
  })();`;

interface PrefetchWindow {
  connection: EventTarget & { saveData: boolean };
  prefetch: { status(): { obstacle?: string; asked: number; waiting: number; failed: number } };
  go(longitude: number, latitude: number, zoom: number): void;
  binding: {
    cover(): { wanted: Array<{ z: number; x: number; y: number }>; drawn: Array<{ z: number; x: number; y: number }> };
  };
}

const status = (page: Tab) => page.evaluate(() => (window as never as PrefetchWindow).prefetch?.status());
const go = (page: Tab, ...to: [number, number, number]) =>
  page.evaluate((place) => (window as never as PrefetchWindow).go(...place), to);
/** Returns whether everything that the view needs is drawn at its own zoom. */
const full = (page: Tab) =>
  page.waitForFunction(() => {
    const { wanted, drawn } = (window as never as PrefetchWindow).binding?.cover() ?? { wanted: [], drawn: [] };
    const keys = new Set(drawn.map(({ z, x, y }) => `${z}/${x}/${y}`));
    return wanted.length > 0 && wanted.every(({ z, x, y }) => keys.has(`${z}/${x}/${y}`));
  });
/** Waits until at least this number of tiles was requested, and none is waiting. */
const fetched = (page: Tab, least: number) =>
  page.waitForFunction((count) => {
    const { asked, waiting, failed } = (window as never as PrefetchWindow).prefetch.status();
    return asked > count && waiting === 0 && failed === 0;
  }, least);
const saveData = (page: Tab, saveData: boolean) =>
  page.evaluate((value) => {
    const { connection } = window as never as PrefetchWindow;
    connection.saveData = value;
    connection.dispatchEvent(new Event('change'));
  }, saveData);

for (const name of ['leaflet', 'openlayers', 'maplibre'] as const) {
  test(`${name}: prefetched tiles appear when the map pans and zooms out, even if the origin hangs`, async ({
    origin,
    tab: page,
    browserName,
  }) => {
    origin.serve(
      '/sw.js',
      await bundle(`import { createTileCache } from 'sw-tile-cache/sw';
        createTileCache({ layers: { roads: { maxAge: 3600, override: true } } }).register({ skipWaiting: true, claim: true });`),
      'text/javascript',
    );
    const css = ['leaflet/dist/leaflet.css', 'ol/ol.css', 'maplibre-gl/dist/maplibre-gl.css'];
    await origin.page('/map', program(name), css.map((at) => `<link rel="stylesheet" href="/lib/${at}">`).join(''));
    await page.goto(`${origin.url}/map`);
    await full(page);
    if (browserName === 'webkit') {
      // In a claimed page, one of MapLibre's two web workers bypasses the service worker.
      await page.goto(`${origin.url}/map?2`);
      await full(page);
      origin.requests.length = 0;
    }
    // With Save-Data on, nothing is prefetched.
    await expect.poll(async () => (await status(page))?.obstacle).toBe('save-data');
    const before = origin.requests.length;
    await go(page, 11, 20, 4);
    await full(page);
    expect(await status(page)).toMatchObject({ asked: 0 });
    expect(origin.requests.length).toBe(before);
    await saveData(page, false);
    await fetched(page, 10);
    expect(origin.requests.length).toBeGreaterThan(before + 10);
    // Each tile is requested once, with the URL that the map uses.
    expect(new Set(origin.requests).size).toBe(origin.requests.length);

    const release = origin.hold();
    const asked = origin.requests.length;
    await saveData(page, true);
    await go(page, 20, 14, 4);
    await full(page);
    await go(page, 11, 20, 3);
    await full(page);
    expect(origin.requests.length).toBe(asked);

    // Two requests are in flight when the map moves elsewhere. The prefetch drops everything that waits behind them.
    await saveData(page, false);
    await expect.poll(() => origin.requests.length).toBe(asked + 2);
    expect((await status(page)).waiting).toBeGreaterThan(2);
    await go(page, -100, 40, 7);
    const ours = (path: string) => /\/roads\/[567]\//.test(path);
    await expect.poll(() => origin.requests.filter(ours).length).toBeGreaterThan(2);
    release();
    await full(page);
    await fetched(page, 20);
    expect(origin.requests.slice(asked + 2).filter((path) => !ours(path))).toEqual([]);
  });
}
