import { expect, test } from './map-page';

/** Programs that show a map of `layer`, bound to `client`. */
const MAPS = {
  leaflet: {
    imports: `
      import * as L from 'leaflet';
      import { bindTileLayer } from 'sw-tile-cache/leaflet';`,
    make: `
      const map = L.map('map', { center: [20, 10], zoom: 4, zoomAnimation: false, fadeAnimation: false });
      const binding = bindTileLayer(L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').addTo(map), client);`,
    canvas: '#map canvas',
  },
  openlayers: {
    imports: `
      import Map from 'ol/Map.js';
      import View from 'ol/View.js';
      import TileLayer from 'ol/layer/Tile.js';
      import { fromLonLat } from 'ol/proj.js';
      import XYZ from 'ol/source/XYZ.js';
      import { bindLayer } from 'sw-tile-cache/openlayers';`,
    make: `
      const layer = new TileLayer({ source: new XYZ({ url: '/tiles/roads/{z}/{x}/{y}.png', transition: 0 }) });
      new Map({ target: 'map', controls: [], layers: [layer], view: new View({ center: fromLonLat([10, 20]), zoom: 4 }) });
      const binding = bindLayer(layer, client);`,
    canvas: '#map canvas:not(.ol-layer canvas)',
  },
  maplibre: {
    imports: `
      import { bindSource } from 'sw-tile-cache/maplibre';`,
    make: `
      const library = location.origin + '/lib/maplibre-gl/dist/maplibre-gl.mjs';
      const { Map } = await import(/* @vite-ignore */ library);
      const tiles = [location.origin + '/tiles/roads/{z}/{x}/{y}.png'];
      const map = new Map({ container: 'map', center: [10, 20], zoom: 3, attributionControl: false, style: { version: 8,
        sources: { roads: { type: 'raster', tiles, tileSize: 256 } }, layers: [{ id: 'roads', type: 'raster', source: 'roads' }] } });
      const binding = bindSource(map, 'roads', client);`,
    canvas: '#map canvas:not(.maplibregl-canvas)',
  },
};

const program = ({ imports, make }: (typeof MAPS)['leaflet']) => `
  ${imports}
  import { showCoverage } from 'sw-tile-cache/tile-regions';
  import { createStub } from '${import.meta.dirname}/stub';
  const asked = [];
  const rule = { even: true };
  const client = {
    ...createStub(),
    async coverage(query) {
      asked.push(query);
      const [zoom] = query.zooms;
      const at = (longitude) => Math.floor(((longitude + 180) / 360) * 2 ** zoom);
      const row = (latitude) => Math.floor((0.5 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / (2 * Math.PI)) * 2 ** zoom);
      const [west, south, east, north] = query.bounds;
      const tiles = [];
      for (let x = at(west); x <= at(east); x += 1)
        for (let y = row(north); y <= row(south); y += 1)
          tiles.push({ tile: { z: zoom, x, y }, covered: (x % 2 === 0) === rule.even });
      return tiles;
    },
  };
  (async () => {
    ${make}
    Object.assign(window, { binding, client, asked, rule, overlay: showCoverage(binding, client) });
  })();
`;

interface CoverageWindow {
  binding: {
    tiles(): Array<{ z: number; x: number; y: number }>;
    view(): { project(longitude: number, latitude: number): { x: number; y: number } };
  };
  client: { emit(event: string, detail: object): void; listenerCount(): number };
  asked: Array<{ layer: string }>;
  rule: { even: boolean };
  overlay: { remove(): void };
}

for (const [name, map] of Object.entries(MAPS))
  test(`${name}: the overlay marks each tile as available offline or not, and follows changes`, async ({
    tab: page,
    origin,
  }) => {
    const styles = ['leaflet/dist/leaflet.css', 'ol/ol.css', 'maplibre-gl/dist/maplibre-gl.css'];
    await origin.page('/map', program(map), styles.map((css) => `<link rel="stylesheet" href="/lib/${css}">`).join(''));
    await page.goto(`${origin.url}/map`);
    /** Returns, for each tile that is fully on the screen, whether it is marked as covered. */
    const marks = () =>
      page.evaluate((selector) => {
        const { binding } = window as never as CoverageWindow;
        const canvas = document.querySelector<HTMLCanvasElement>(selector);
        const context = canvas?.getContext('2d');
        if (!binding || !canvas || !context) return [];
        return binding.tiles().flatMap(({ z, x, y }) => {
          const longitude = ((x + 0.5) / 2 ** z) * 360 - 180;
          const latitude = (Math.atan(Math.sinh(Math.PI * (1 - (2 * (y + 0.25)) / 2 ** z))) * 180) / Math.PI;
          const at = binding.view().project(longitude, latitude);
          if (at.x < 2 || at.y < 2 || at.x > canvas.clientWidth - 2 || at.y > canvas.clientHeight - 2) return [];
          const ratio = devicePixelRatio;
          const [red, , blue, alpha] = context.getImageData(at.x * ratio, at.y * ratio, 1, 1).data;
          return [`${x % 2} ${alpha ? blue! > red! : 'unmarked'}`];
        });
      }, map.canvas);
    await expect.poll(async () => [...new Set(await marks())].sort()).toEqual(['0 true', '1 false']);
    const legends = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('#map *')].map(({ shadowRoot }) => shadowRoot?.textContent).join(),
      );
    await expect.poll(legends).toContain('Without a network');
    expect(await page.evaluate(() => (window as never as CoverageWindow).asked[0]!.layer)).toBe('roads');
    await page.evaluate(() => {
      const { rule, client } = window as never as CoverageWindow;
      rule.even = false;
      client.emit('region', {});
    });
    await expect.poll(async () => [...new Set(await marks())].sort()).toEqual(['0 false', '1 true']);
    const listeners = await page.evaluate(() => {
      const { overlay, client } = window as never as CoverageWindow;
      const before = client.listenerCount();
      overlay.remove();
      return before - client.listenerCount();
    });
    expect(listeners).toBe(3);
    expect(await page.evaluate((selector) => document.querySelectorAll(selector).length, map.canvas)).toBe(0);
  });
