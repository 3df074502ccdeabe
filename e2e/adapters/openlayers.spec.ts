import type { Tab } from '../fixtures/tab';
import type OLMap from 'ol/Map.js';
import type TileLayer from 'ol/layer/Tile.js';
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

const program = (kind: 'raster' | 'vector') => `
  import Feature from 'ol/Feature.js';
  import Map from 'ol/Map.js';
  import Overlay from 'ol/Overlay.js';
  import View from 'ol/View.js';
  import MVT from 'ol/format/MVT.js';
  import TileLayer from 'ol/layer/Tile.js';
  import VectorTileLayer from 'ol/layer/VectorTile.js';
  import { fromLonLat } from 'ol/proj.js';
  import VectorTile from 'ol/source/VectorTile.js';
  import XYZ from 'ol/source/XYZ.js';
  import { bindLayer } from 'sw-tile-cache/openlayers';
  import { createStub } from '${import.meta.dirname}/stub';
  const client = createStub();
  const layer = ${
    kind === 'raster'
      ? "new TileLayer({ source: new XYZ({ url: '/tiles/roads/{z}/{x}/{y}.png' }) })"
      : `new VectorTileLayer({
          source: new VectorTile({ url: '/tiles/roads/{z}/{x}/{y}.pbf', format: new MVT() }),
          style: (feature) => styles[feature.get('version')],
        })`
  };
  import Style from 'ol/style/Style.js';
  import Fill from 'ol/style/Fill.js';
  const styles = { 1: new Style({ fill: new Fill({ color: '#ff0000' }) }), 2: new Style({ fill: new Fill({ color: '#0000ff' }) }) };
  const map = new Map({
    target: 'map', controls: [], layers: [layer],
    view: new View({ center: fromLonLat([10, 20]), zoom: 4, constrainResolution: true }),
  });
  const element = Object.assign(document.createElement('div'), { id: 'popup', textContent: 'still here' });
  map.addOverlay(new Overlay({ element, position: fromLonLat([10, 20]) }));
  const bind = (options) => (window.binding = bindLayer(layer, client, options));
  Object.assign(window, { map, layer, client, bind, fromLonLat });
  bind();
  map.on('rendercomplete', () => (window.ready = true));
`;

interface OLWindow extends MapWindow {
  map: OLMap;
  layer: TileLayer;
  fromLonLat(coordinate: number[]): number[];
}

const test = base.extend<{ kind: 'raster' | 'vector'; open: () => Promise<Tab> }>({
  kind: ['raster', { option: true }],
  open: async ({ tab: page, origin, kind }, use) => {
    // This page has no worker, and the HTTP cache must not answer in its place.
    origin.cacheControl = 'no-cache';
    await use(async () => {
      await origin.page('/map', program(kind), '<link rel="stylesheet" href="/lib/ol/ol.css">');
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
    const { map } = window as never as OLWindow;
    const view = map.getView();
    return { center: view.getCenter(), zoom: view.getZoom(), popup: document.querySelector('#popup')?.textContent };
  });
const moved = async (page: Tab, longitude: number, zoom = 4) => {
  await page.evaluate(
    ([to, level]) => {
      const w = window as never as OLWindow;
      w.ready = false;
      w.map.getView().setCenter(w.fromLonLat([to!, 20]));
      w.map.getView().setZoom(level!);
      w.map.render();
    },
    [longitude, zoom],
  );
  await ready(page);
};

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
        () =>
          page.evaluate(() => {
            const w = window as never as OLWindow;
            w.map.getView().setCenter(w.fromLonLat([50, 20]));
          }),
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
      origin.fail = (path) => (/\/(4\/9|3\/4)\//.test(path) ? 503 : undefined);
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

    // Raster tiles cannot show it: the page still holds an image of this URL in memory, and requests nothing.
    if (kind === 'vector')
      test('without the binding, refresh() shows blank frames', async ({ origin, open }) => {
        const page = await open();
        const asked = origin.requests.length;
        const release = origin.hold();
        const film = await record(page);
        await page.evaluate(() => (window as never as OLWindow).layer.getSource()!.refresh());
        await expect.poll(() => origin.requests.length).toBeGreaterThan(asked);
        const seen = (await film.stop()).map((frame) => census(frame, FREE));
        expect(Math.max(...seen.map(({ blank }) => blank))).toBeGreaterThan(0);
        release();
      });

    test('panning and zooming bring back no old tile', async ({ origin, open }) => {
      const page = await open();
      await moved(page, 100);
      await moved(page, 10);
      origin.version = 2;
      await emit(page, 'versionchange', NEW_VERSION);
      await frames(page);
      await settled(page);
      await moved(page, 100);
      await shows(page, FREE, { old: 0, new: FREE.length });
      await moved(page, 100, 3);
      await moved(page, 100, 4);
      await shows(page, FREE, { new: FREE.length });
    });

    test('a tile that left the view before its new bytes arrived does not come back old', async ({ origin, open }) => {
      const page = await open();
      origin.version = 2;
      origin.fail = () => 503;
      const asked = origin.requests.length;
      await emit(page, 'versionchange', NEW_VERSION);
      await expect.poll(() => origin.requests.length).toBeGreaterThan(asked);
      origin.fail = () => undefined;
      await moved(page, 130);
      await settled(page);
      await moved(page, 10);
      await shows(page, FREE, { new: FREE.length });
    });

    test('requests failed tiles again as soon as the network is back', async ({ origin, open }) => {
      const page = await open();
      origin.fail = () => 503;
      await moved(page, 130);
      const at = (longitude: number, zoom: number) => Math.floor(((longitude + 180) / 360) * 2 ** zoom);
      const uses = [3, 4].flatMap((z) =>
        Array.from({ length: 2 ** z * 2 ** z }, (_, i) => ({ z, x: i % 2 ** z, y: Math.floor(i / 2 ** z) })).filter(
          ({ x }) => x >= at(60, z),
        ),
      );
      await emit(page, 'used', {
        uses: uses.map((tile) => ({ layer: 'roads', tile, status: 'error', age: 0, duration: 1, code: 503 })),
      });
      origin.fail = () => undefined;
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await shows(page, FREE, { old: FREE.length });
    });

    test('requests only the listed tiles again', async ({ origin, open }) => {
      const page = await open();
      const tiles = await page.evaluate(() => (window as never as OLWindow).binding.tiles());
      expect(tiles.length).toBeGreaterThan(0);
      const { z, x, y } = tiles[0]!;
      origin.version = 2;
      const asked = origin.requests.length;
      await emit(page, 'tilesupdated', { layer: 'roads', tiles: [tiles[0], { z: 4, x: 2, y: 2 }] });
      await emit(page, 'tilesupdated', { layer: 'rivers', tiles });
      await frames(page);
      await settled(page);
      expect(origin.requests.slice(asked)).toEqual([
        `/tiles/roads/${z}/${x}/${y}.${kind === 'raster' ? 'png' : 'pbf'}`,
      ]);
    });

    test('supports a URL with the version in it', async ({ origin, open }) => {
      const page = await open();
      await page.evaluate(
        (type) => {
          const w = window as never as OLWindow;
          w.binding.unbind();
          w.bind({ url: (version: string) => `/tiles/roads/v${version}/{z}/{x}/{y}.${type}` });
        },
        kind === 'raster' ? 'png' : 'pbf',
      );
      // A binding requests the shown tiles of a layer that had another one before.
      await frames(page);
      await settled(page);
      const asked = origin.requests.length;
      origin.fail = (path) => (/v2\/(4\/9|3\/4)\//.test(path) ? 503 : undefined);
      const film = await record(page);
      await emit(page, 'versionchange', NEW_VERSION);
      await expect.poll(async () => (await look(page, FREE)).new).toBeGreaterThan(0);
      const seen = (await film.stop()).map((frame) => census(frame, FREE));
      expect(seen.every((frame) => frame.blank === 0)).toBe(true);
      expect(seen.at(-1)!.old).toBeGreaterThan(0);
      expect(origin.requests.slice(asked).every((path) => path.includes('/v2/'))).toBe(true);
    });
  });

test('unbinding leaves nothing behind', async ({ origin, open }) => {
  const page = await open();
  const left = () =>
    page.evaluate(() => {
      const { map, layer, client } = window as never as OLWindow;
      const events = (of: unknown) =>
        Object.values((of as { listeners_: Record<string, unknown[]> | null }).listeners_ ?? {}).reduce(
          (sum, list) => sum + list.length,
          0,
        );
      const source = layer.getSource() as unknown as { tileLoadFunction: { name: string } };
      return {
        map: events(map),
        layer: events(layer),
        client: client.listenerCount(),
        load: source.tileLoadFunction.name,
      };
    });
  const bound = await left();
  await page.evaluate(() => (window as never as OLWindow).binding.unbind());
  const unbound = await left();
  expect(unbound).toEqual({ map: bound.map - 1, layer: bound.layer - 1, client: 0, load: 'defaultTileLoadFunction' });
  await page.evaluate(() => {
    const abort = new AbortController();
    (window as never as OLWindow).bind({ signal: abort.signal });
    abort.abort();
  });
  expect(await left()).toEqual(unbound);
  const asked = origin.requests.length;
  await emit(page, 'versionchange', NEW_VERSION);
  await frames(page);
  expect(origin.requests).toHaveLength(asked);
});
