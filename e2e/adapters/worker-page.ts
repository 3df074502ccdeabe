import type { Tab } from '../fixtures/tab';
import { bundle } from '../server/bundle';
import { POINTS } from './film';
import { expect, look, ready, test as base } from './map-page';

/** Programs of each library with the real worker and the real client. */
export const MAPS = {
  leaflet: `
    import * as L from 'leaflet';
    import { bindTileLayer } from 'sw-tile-cache/leaflet';
    const map = L.map('map', { center: [20, 10], zoom: 4 });
    const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').on('load', () => (window.ready = true)).addTo(map);
    window.bind = (options) => (window.binding = bindTileLayer(layer, client, options));
    window.bind();
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
    window.bind = (options) => (window.binding = bindLayer(layer, client, options));
    window.bind();`,
  maplibre: `
    import { bindSource } from 'sw-tile-cache/maplibre';
    const library = location.origin + '/lib/maplibre-gl/dist/maplibre-gl.mjs';
    const { Map } = await import(/* @vite-ignore */ library);
    const fill = { 'fill-color': ['case', ['==', ['get', 'version'], 2], '#0000ff', '#ff0000'], 'fill-antialias': false };
    const map = new Map({ container: 'map', center: [10, 20], zoom: 4, attributionControl: false, style: { version: 8,
      sources: { roads: { type: 'vector', tiles: [location.origin + '/tiles/roads/{z}/{x}/{y}.pbf'], maxzoom: 14 } },
      layers: [{ id: 'roads', type: 'fill', source: 'roads', 'source-layer': 'area', paint: fill }] } });
    window.bind = (options) => (window.binding = bindSource(map, 'roads', client, options));
    window.bind();
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

/** Tests with a map page under the real worker. */
export const test = base.extend<{ open: (name: keyof typeof MAPS, layers?: string, more?: string) => Promise<Tab> }>({
  open: async ({ tab: page, origin }, use) => {
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
      // `createTileCacheClient` may resolve before a slow worker is installed.
      await page.waitForFunction(() => (window as never as RealWindow).client.state === 'active');
      return page;
    });
  },
});
export const invalidate = (page: Tab, invalidation: object) =>
  page.evaluate((what) => (window as never as RealWindow).client.invalidate(what), invalidation);
/** Waits until the whole screen shows the old or the new tiles. */
export const shows = (page: Tab, what: 'old' | 'new') =>
  expect.poll(async () => (await look(page, POINTS))[what]).toBe(POINTS.length);
/**
 * Code that waits for the worker, as in docs/maplibre.md: a worker stores no request that came before it claimed the page.
 */
export const CONTROLLED = `if (!navigator.serviceWorker.controller)
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));`;
