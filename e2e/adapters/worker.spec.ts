import type { Page } from '@playwright/test';
import { bundle } from '../server/bundle';
import { POINTS, census, record } from './film';
import { expect, look, ready, settled, test as base } from './map-page';
import { webglOptions } from '../fixtures/browsers';

/** Each library with the real worker and the real client. */
const MAPS = {
  leaflet: `
    import * as L from 'leaflet';
    import { bindTileLayer } from 'sw-tile-cache/leaflet';
    const map = L.map('map', { center: [20, 10], zoom: 4 });
    const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').on('load', () => (window.ready = true)).addTo(map);
    window.binding = bindTileLayer(layer, client);
    window.map = map;`,
  openlayers: `
    import Map from 'ol/Map.js';
    import View from 'ol/View.js';
    import MVT from 'ol/format/MVT.js';
    import VectorTileLayer from 'ol/layer/VectorTile.js';
    import { fromLonLat } from 'ol/proj.js';
    import VectorTile from 'ol/source/VectorTile.js';
    import Fill from 'ol/style/Fill.js';
    import Style from 'ol/style/Style.js';
    import { bindLayer } from 'sw-tile-cache/openlayers';
    const styles = { 1: new Style({ fill: new Fill({ color: '#ff0000' }) }), 2: new Style({ fill: new Fill({ color: '#0000ff' }) }) };
    const source = new VectorTile({ url: '/tiles/roads/{z}/{x}/{y}.pbf', format: new MVT() });
    const layer = new VectorTileLayer({ source, style: (feature) => styles[feature.get('version')] });
    const map = new Map({ target: 'map', controls: [], layers: [layer], view: new View({ center: fromLonLat([10, 20]), zoom: 4 }) });
    map.on('rendercomplete', () => (window.ready = true));
    window.binding = bindLayer(layer, client);`,
  maplibre: `
    import { bindSource } from 'sw-tile-cache/maplibre';
    const library = location.origin + '/lib/maplibre-gl/dist/maplibre-gl.mjs';
    const { Map } = await import(/* @vite-ignore */ library);
    const fill = { 'fill-color': ['case', ['==', ['get', 'version'], 2], '#0000ff', '#ff0000'], 'fill-antialias': false };
    const map = new Map({ container: 'map', center: [10, 20], zoom: 4, attributionControl: false, style: { version: 8,
      sources: { roads: { type: 'vector', tiles: [location.origin + '/tiles/roads/{z}/{x}/{y}.pbf'], maxzoom: 14 } },
      layers: [{ id: 'roads', type: 'fill', source: 'roads', 'source-layer': 'area', paint: fill }] } });
    window.binding = bindSource(map, 'roads', client);
    map.once('idle', () => (window.ready = true));`,
};

const program = (name: keyof typeof MAPS) => {
  const imports = MAPS[name].match(/^\s*import .*$/gm)!.join('\n');
  const rest = MAPS[name].replace(/^\s*import .*$/gm, '');
  return `${imports}
    import { createTileCacheClient } from 'sw-tile-cache';
    (async () => {
      const client = (window.client = await createTileCacheClient({ serviceWorker: '/sw.js' }));
      ${rest}
    })();`;
};

interface RealWindow {
  client: { state: string; invalidate(invalidation: object): Promise<unknown> };
}

const test = base.extend<{ open: (name: keyof typeof MAPS, layers?: string, more?: string) => Promise<Page> }>({
  open: async ({ browser, origin }, use) => {
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
    const page = await context.newPage();
    await use(async (name, layers = '{ roads: { maxAge: 3600, staleIfError: 86400, override: true } }', more = '') => {
      const worker = `
        import { createTileCache } from 'sw-tile-cache/sw';
        ${more}
        createTileCache({ layers: ${layers} }).register({ skipWaiting: true, claim: true });`;
      origin.serve('/sw.js', await bundle(worker), 'text/javascript');
      await origin.page(
        '/map',
        program(name),
        ['leaflet/dist/leaflet.css', 'ol/ol.css', 'maplibre-gl/dist/maplibre-gl.css']
          .map((css) => `<link rel="stylesheet" href="/lib/${css}">`)
          .join(''),
      );
      await page.goto(`${origin.url}/map`);
      await ready(page);
      expect(await page.evaluate(() => (window as never as RealWindow).client.state)).toBe('active');
      return page;
    });
    await context.close();
  },
});
test.use({ launchOptions: webglOptions });

const invalidate = (page: Page, invalidation: object) =>
  page.evaluate((what) => (window as never as RealWindow).client.invalidate(what), invalidation);
const shows = (page: Page, what: 'old' | 'new') =>
  expect.poll(async () => (await look(page, POINTS))[what]).toBe(POINTS.length);

for (const name of Object.keys(MAPS) as Array<keyof typeof MAPS>)
  test(`${name}: an invalidation reaches the screen without a blank frame`, async ({ origin, open }) => {
    const page = await open(name);
    await shows(page, 'old');
    origin.version = 2;
    const film = await record(page);
    await invalidate(page, { layer: 'roads', version: '2' });
    await shows(page, 'new');
    await settled(page);
    const seen = (await film.stop()).map((frame) => census(frame));
    expect(seen.every((frame) => frame.blank === 0)).toBe(true);
  });

test('only tiles in the box are fetched again', async ({ origin, open }) => {
  const page = await open('leaflet');
  await shows(page, 'old');
  origin.version = 2;
  const asked = origin.requests.length;
  // Within tile 4/8/7; a buffer of nothing.
  await invalidate(page, { layer: 'roads', version: '2', bbox: [5, 5, 6, 6], buffer: 0 });
  await expect.poll(() => origin.requests.slice(asked)).toEqual(['/tiles/roads/4/8/7.png']);
  await settled(page);
  const seen = await look(page, POINTS);
  expect(seen.new).toBeGreaterThan(0);
  expect(seen.old).toBeGreaterThan(POINTS.length / 2);
  expect(origin.requests.slice(asked)).toEqual(['/tiles/roads/4/8/7.png']);
});

test('while the origin is down the old map stays, and is exchanged when it is back', async ({ origin, open }) => {
  const page = await open('leaflet');
  await shows(page, 'old');
  origin.version = 2;
  origin.fail = () => 503;
  const film = await record(page);
  await invalidate(page, { layer: 'roads', mode: 'stale' });
  await expect.poll(() => origin.requests.length).toBeGreaterThan(20);
  await shows(page, 'old');
  origin.fail = () => undefined;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await shows(page, 'new');
  const seen = (await film.stop()).map((frame) => census(frame));
  expect(seen.every((frame) => frame.blank === 0)).toBe(true);
});

test.describe('placeholders', () => {
  const LAYERS =
    '{ roads: { maxAge: 3600, staleIfError: 86400, override: true } }, placeholders: createPlaceholders({ layers: ["roads"], after: 0.2 })';
  const IMPORT = "import { createPlaceholders } from 'sw-tile-cache/sw/placeholders';";
  const ask = (page: Page, url: string) =>
    page.evaluate(async (path) => {
      const response = await fetch(path);
      const bitmap = await createImageBitmap(await response.blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(128, 128, 1, 1);
      return {
        width: bitmap.width,
        colour: [...data] as number[],
        status: response.headers.get('cache-status'),
        age: response.headers.get('age'),
      };
    }, url);

  /** The first page may have loaded its tiles before there was a worker. */
  const stored = async (page: Page) => {
    await page.reload();
    await ready(page);
    for (const path of ['7/6', '7/7', '8/6', '8/7'])
      await expect.poll(async () => (await ask(page, `/tiles/roads/4/${path}.png`)).status).toContain('hit');
    return page;
  };

  test('a missing tile is cut out of the nearest stored one, offline', async ({ origin, open }) => {
    const page = await stored(await open('leaflet', LAYERS, IMPORT));
    origin.version = 2;
    origin.fail = () => 503;
    const seen = await ask(page, '/tiles/roads/7/67/58.png');
    expect(seen).toMatchObject({
      width: 256,
      colour: [255, 0, 0, 255],
      status: 'sw-tile-cache; fwd=miss; detail=placeholder',
    });
    expect(Number(seen.age)).toBeGreaterThanOrEqual(0);
  });

  test('a slow tile is shown as soon as it has come', async ({ origin, open }) => {
    const page = await stored(await open('leaflet', LAYERS, IMPORT));
    await shows(page, 'old');
    origin.version = 2;
    const asked = origin.requests.length;
    const release = origin.hold();
    const film = await record(page);
    await page.evaluate(() =>
      (window as never as { map: { setZoom(zoom: number, options: object): void } }).map.setZoom(5, { animate: false }),
    );
    await expect.poll(() => origin.requests.length).toBeGreaterThan(asked);
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>('img.leaflet-tile')].every(
        (tile) => tile.src.includes('/5/') && tile.complete,
      ),
    );
    await shows(page, 'old');
    release();
    await shows(page, 'new');
    await film.stop();
  });
});
