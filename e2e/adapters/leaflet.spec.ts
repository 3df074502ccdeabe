import type { Tab } from '../fixtures/tab';
import type * as L from 'leaflet';
import { census, record } from './film';
import {
  type MapWindow,
  NEW_VERSION,
  becomesEmpty,
  emit,
  expect,
  frames,
  holdSome,
  look,
  publishInOneFrame,
  publishOnFilm,
  rebind,
  settled,
  shows,
  test as base,
} from './map-page';

const PROGRAM = `
  import * as L from 'leaflet';
  import { bindTileLayer, showTileAges } from 'sw-tile-cache/leaflet';
  import { createStub } from '${import.meta.dirname}/stub';
  const client = createStub();
  const map = L.map('map', { center: [20, 10], zoom: 4, fadeAnimation: true });
  const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').addTo(map);
  L.popup().setLatLng([20, 10]).setContent('still here').openOn(map);
  const bind = (options) => (window.binding = bindTileLayer(layer, client, options));
  bind();
  Object.assign(window, { L, map, layer, client, bind, showTileAges });
`;

const test = base.extend<{ open: () => Promise<Tab> }>({
  open: async ({ tab: page, origin }, use) => {
    await use(async () => {
      await origin.page('/map', PROGRAM, '<link rel="stylesheet" href="/lib/leaflet/dist/leaflet.css">');
      await page.goto(`${origin.url}/map`);
      await loaded(page);
      return page;
    });
  },
});

interface LeafletWindow extends MapWindow {
  map: L.Map;
  layer: L.TileLayer;
}

/** Waits until every tile has loaded and faded in. */
const loaded = (page: Tab) =>
  page.waitForFunction(() => {
    const tiles = [...document.querySelectorAll<HTMLImageElement>('img.leaflet-tile')];
    return (
      tiles.length > 0 &&
      tiles.every((tile) => tile.complete && tile.naturalWidth > 0 && getComputedStyle(tile).opacity === '1')
    );
  });
const place = (page: Tab) =>
  page.evaluate(() => {
    const { map } = window as never as LeafletWindow;
    return { ...map.getCenter(), zoom: map.getZoom(), popup: document.querySelector('.leaflet-popup')?.textContent };
  });
/** Points that the popup does not cover. */
const POINTS = [60, 190, 580, 700].flatMap((x) => [60, 160, 260, 360, 450].map((y) => [x, y] as const));

test('a new version appears without a blank frame, and nothing on the map moves', async ({ origin, open }) => {
  const page = await open();
  const before = await place(page);
  expect(await look(page, POINTS)).toMatchObject({ old: POINTS.length });
  origin.version = 2;
  const seen = await publishOnFilm(page, POINTS);
  expect(seen.every((frame) => frame.blank === 0)).toBe(true);
  expect(seen.at(0)).toMatchObject({ old: POINTS.length });
  expect(seen.at(-1)).toMatchObject({ new: POINTS.length });
  expect(await place(page)).toEqual(before);
  expect(before.popup).toContain('still here');
});

test('the old tile stays while the new one is slow, and if it fails', async ({ origin, open }) => {
  const page = await open();
  origin.version = 2;
  const asked = origin.requests.length;
  const release = origin.hold();
  origin.fail = (path) => (path.includes('/4/9/') ? 503 : undefined);
  const film = await record(page);
  await emit(page, 'versionchange', NEW_VERSION);
  await expect.poll(() => origin.requests.length).toBeGreaterThan(asked);
  expect(await look(page, POINTS)).toMatchObject({ old: POINTS.length });
  release();
  await expect.poll(async () => (await look(page, POINTS)).old).toBe(POINTS.length / 2);
  const seen = (await film.stop()).map((frame) => census(frame, POINTS));
  expect(seen.every((frame) => frame.blank === 0)).toBe(true);
  const last = seen.at(-1)!;
  expect(last.old).toBeGreaterThan(0);
  expect(last.new).toBeGreaterThan(0);
  // The network is back, so failed tiles are requested again.
  origin.fail = () => undefined;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await settled(page);
  await shows(page, POINTS, { new: POINTS.length });
});

test('with swap: view, all tiles are exchanged in one frame', async ({ origin, open }) => {
  const page = await open();
  await publishInOneFrame(
    page,
    origin,
    () => page.evaluate(() => (window as never as LeafletWindow).map.panBy([400, 0], { animate: false })),
    POINTS,
  );
});

test('with swap: view, tiles stop waiting for a slow one after swapTimeout; by default they never wait', async ({
  origin,
  open,
}) => {
  const page = await open();
  let version = 1;
  for (const options of [{ swap: 'view', swapTimeout: 300 }, {}]) {
    await rebind(page, options);
    const release = holdSome(origin);
    const [from, to] = version === 1 ? (['old', 'new'] as const) : (['new', 'old'] as const);
    origin.version = 3 - version;
    await emit(page, 'versionchange', { layer: 'roads', version: `${++version}`, previous: `${version - 1}` });
    await expect.poll(async () => (await look(page, POINTS))[to]).toBeGreaterThan(0);
    expect((await look(page, POINTS))[from]).toBeGreaterThan(0);
    release();
    await settled(page);
    await shows(page, POINTS, { [to]: POINTS.length });
  }
});

test('with swap: view, the binding waits while answers still carry the old version', async ({ origin, open }) => {
  const page = await open();
  await rebind(page, { swap: 'view', swapTimeout: 600_000 });
  const tiles = await page.evaluate(() => (window as never as LeafletWindow).binding.tiles());
  const asked = origin.requests.length;
  const film = await record(page);
  // Answer as `serve-stale` does: the old tiles come at once, and the worker announces the new ones in groups.
  await emit(page, 'versionchange', NEW_VERSION);
  await expect.poll(() => new Set(origin.requests.slice(asked)).size).toBeGreaterThanOrEqual(tiles.length);
  await frames(page);
  origin.version = 2;
  for (const half of [0, 1]) {
    await emit(page, 'tilesupdated', { layer: 'roads', tiles: tiles.filter(({ x, y }) => (x + y) % 2 === half) });
    await frames(page);
    await look(page, POINTS);
  }
  await shows(page, POINTS, { new: POINTS.length });
  await settled(page);
  const seen = (await film.stop()).map((frame) => census(frame, POINTS));
  expect(seen.filter((frame) => frame.blank || (frame.old && frame.new))).toEqual([]);
});

test('without the binding, a redraw shows blank frames', async ({ origin, open }) => {
  const page = await open();
  const release = origin.hold();
  const film = await record(page);
  // Use another URL: for the current one, the browser would send no request at all.
  await page.evaluate(() => (window as never as LeafletWindow).layer.setUrl('/tiles/roads/{z}/{x}/{y}.png?v=2'));
  await frames(page);
  release();
  await loaded(page);
  const seen = (await film.stop()).map((frame) => census(frame, POINTS));
  expect(seen.some((frame) => frame.blank > 0)).toBe(true);
});

test('requests only the listed tiles again', async ({ origin, open }) => {
  const page = await open();
  origin.version = 2;
  const asked = origin.requests.length;
  await emit(page, 'tilesupdated', {
    layer: 'roads',
    tiles: [
      { z: 4, x: 8, y: 7 },
      { z: 4, x: 3, y: 3 },
    ],
  });
  await emit(page, 'tilesupdated', { layer: 'rivers', tiles: [{ z: 4, x: 7, y: 7 }] });
  await page.waitForFunction(() => document.querySelector('img[src^="blob:"]'));
  await settled(page);
  expect(origin.requests.slice(asked)).toEqual(['/tiles/roads/4/8/7.png']);
});

test('panning and zooming bring back no old tile', async ({ origin, open }) => {
  const page = await open();
  const pan = (x: number) =>
    page.evaluate((by) => (window as never as LeafletWindow).map.panBy([by, 0], { animate: false }), x);
  await pan(900);
  await loaded(page);
  await pan(-900);
  await loaded(page);
  origin.version = 2;
  await emit(page, 'versionchange', NEW_VERSION);
  await settled(page);
  await pan(900);
  await loaded(page);
  expect((await look(page, POINTS)).old).toBe(0);
  await page.evaluate(() => (window as never as LeafletWindow).map.setZoom(3, { animate: false }));
  await page.evaluate(() => (window as never as LeafletWindow).map.setZoom(4, { animate: false }));
  await loaded(page);
  await shows(page, POINTS, { new: POINTS.length });
});

test('requests a failed tile again as soon as the network is back', async ({ origin, open }) => {
  const page = await open();
  origin.fail = () => 503;
  await page.evaluate(() => (window as never as LeafletWindow).map.panBy([2000, 0], { animate: false }));
  await expect.poll(async () => (await look(page, POINTS)).blank).toBe(POINTS.length);
  const tiles = await page.evaluate(() => (window as never as LeafletWindow).binding.tiles());
  await emit(page, 'used', {
    uses: tiles.map((tile) => ({ layer: 'roads', tile, status: 'error', age: 0, duration: 1, code: 503 })),
  });
  origin.fail = () => undefined;
  await emit(page, 'notice', { notice: 'online', layer: 'roads' });
  await shows(page, POINTS, { old: POINTS.length });
  origin.version = 2;
  await emit(page, 'versionchange', NEW_VERSION);
  await shows(page, POINTS, { new: POINTS.length });
});

test('a hidden map shows the new version as soon as it is visible', async ({ origin, open }) => {
  const page = await open();
  const show = (display: string) =>
    page.evaluate((value) => {
      const { map } = window as never as LeafletWindow;
      map.getContainer().style.display = value;
      map.invalidateSize();
    }, display);
  await page.evaluate(() => ((window as never as LeafletWindow).map.getContainer().style.display = 'none'));
  origin.version = 2;
  await emit(page, 'versionchange', NEW_VERSION);
  await frames(page);
  await settled(page);
  await show('');
  await shows(page, POINTS, { new: POINTS.length });
});

test('puts a version into the URLs that the client learns after the binding', async ({ origin, open }) => {
  const page = await open();
  await page.evaluate(() => {
    const w = window as never as LeafletWindow & { client: { versions: Map<string, string> } };
    w.binding.unbind();
    Object.assign(w.layer.options, { version: '1' });
    w.layer.setUrl('/tiles/roads/v{version}/{z}/{x}/{y}.png');
    w.bind();
  });
  await loaded(page);
  await page.evaluate(() =>
    (window as never as { client: { versions: Map<string, string> } }).client.versions.set('roads', '2'),
  );
  await emit(page, 'versioncheck', { ok: true, checkedAt: 1 });
  await shows(page, POINTS, { new: POINTS.length });
  expect(origin.requests.at(-1)).toContain('/v2/');
});

for (const swap of ['tile', 'view'])
  test(`with swap: ${swap}, tiles disappear that the origin no longer has`, async ({ origin, open }) => {
    await becomesEmpty(await open(), origin, { swap }, POINTS);
  });

test('unbinding leaves nothing behind', async ({ origin, open }) => {
  const page = await open();
  const left = () =>
    page.evaluate(() => {
      const { layer, map, client } = window as never as {
        layer: Record<string, object>;
        map: Record<string, object>;
        client: { listenerCount(): number };
      };
      const events = (of: Record<string, object>) =>
        Object.values(of['_events'] ?? {}).reduce((sum, list) => sum + list.length, 0);
      return {
        layer: events(layer),
        map: events(map),
        client: client.listenerCount(),
        own: Object.hasOwn(layer, 'createTile'),
      };
    });
  const bound = await left();
  await page.evaluate(() => (window as never as LeafletWindow).binding.unbind());
  const unbound = await left();
  expect(bound.client).toBeGreaterThan(0);
  expect(bound.own).toBe(true);
  expect(unbound).toMatchObject({ client: 0, own: false });
  expect(unbound.layer).toBe(bound.layer - 4);
  expect(unbound.map).toBe(bound.map - 1);
  await page.evaluate(() => {
    const abort = new AbortController();
    (window as never as LeafletWindow).bind({ signal: abort.signal });
    abort.abort();
  });
  expect(await left()).toEqual(unbound);
  const asked = origin.requests.length;
  await emit(page, 'versionchange', NEW_VERSION);
  await frames(page);
  expect(origin.requests).toHaveLength(asked);
});

test('draws ages only while the layer is on the map', async ({ open }) => {
  const page = await open();
  const canvases = (count: number) =>
    expect.poll(() => page.evaluate(() => document.querySelectorAll('#map > canvas').length)).toBe(count);
  await page.evaluate(() => {
    const w = window as never as LeafletWindow & { showTileAges(binding: object): void };
    w.showTileAges(w.binding);
  });
  await canvases(1);
  await page.evaluate(() => (window as never as LeafletWindow).layer.remove());
  await canvases(0);
  await page.evaluate(() => (window as never as LeafletWindow).layer.addTo((window as never as LeafletWindow).map));
  await canvases(1);
});

test('tells the client which box the map shows', async ({ open }) => {
  const page = await open();
  const views = () => page.evaluate(() => (window as never as LeafletWindow).client.views);
  await page.evaluate(() => (window as never as LeafletWindow).map.setView([0, 179], 5, { animate: false }));
  await expect.poll(async () => (await views()).at(-1)).toMatchObject({ layer: 'roads', zoom: 5 });
  const { bbox } = (await views()).at(-1) as { bbox: number[] };
  expect(bbox[0]).toBeGreaterThan(bbox[2]!);
  expect((await views()).length).toBeLessThan(4);
});

test('when the network is back, requests the tiles again that were shown stale', async ({ origin, open }) => {
  const page = await open();
  const tiles = await page.evaluate(() => (window as never as LeafletWindow).binding.tiles());
  const uses = tiles.map((tile, i) => ({
    layer: 'roads',
    tile,
    status: i === 1 ? 'stale' : 'hit',
    age: 9,
    duration: 1,
    code: 200,
  }));
  await emit(page, 'used', { uses });
  const asked = origin.requests.length;
  await emit(page, 'notice', { notice: 'offline', layer: 'roads' });
  await emit(page, 'notice', { notice: 'online', layer: 'roads' });
  await settled(page);
  const { z, x, y } = tiles[1]!;
  expect(origin.requests.slice(asked)).toEqual([`/tiles/roads/${z}/${x}/${y}.png`]);
});
