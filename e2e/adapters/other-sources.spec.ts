import { census, record } from './film';
import { type MapWindow, NEW_VERSION, emit, expect, frames, look, ready, settled, shows, test } from './map-page';

const WORLD = 20037508.342789244;

/** Puts several maps side by side. `bindings` gives the test access to them. */
const START = `
  const client = createStub();
  const bindings = [];
  window.ready = false;
  let waiting = 0;
  const container = () => {
    waiting++;
    const element = document.createElement('div');
    element.style.cssText = 'flex: 1; height: 520px; background: none';
    document.querySelector('#map').style.display = 'flex';
    document.querySelector('#map').append(element);
    return element;
  };
  const drawn = () => void (--waiting || (window.ready = true));
  Object.assign(window, { client, binding: {
    get updating() { return bindings.some(({ updating }) => updating); },
    refresh: () => bindings.forEach((one) => one.refresh()),
    unbind: () => bindings.forEach((one) => one.unbind()),
  } });
`;

const LEAFLET = `
  import * as L from 'leaflet';
  import { bindImageOverlay, bindTileLayer } from 'sw-tile-cache/leaflet';
  import { createStub } from '${import.meta.dirname}/stub';
  ${START}
  const add = (layer, bind) => {
    const options = { fadeAnimation: false, zoomControl: false, attributionControl: false };
    const map = L.map(container(), { center: [20, 10], zoom: 4, ...options });
    layer.once('load', drawn).addTo(map);
    bindings.push(bind(layer, client, { layer: 'roads' }));
  };
  add(L.tileLayer.wms('/wms', { layers: 'roads' }), bindTileLayer);
  add(L.imageOverlay('/tiles/roads/now.png', [[-80, -170], [80, 170]]), bindImageOverlay);
`;

const OPENLAYERS = `
  import Map from 'ol/Map.js';
  import View from 'ol/View.js';
  import ImageLayer from 'ol/layer/Image.js';
  import TileLayer from 'ol/layer/Tile.js';
  import { fromLonLat } from 'ol/proj.js';
  import ImageWMS from 'ol/source/ImageWMS.js';
  import Static from 'ol/source/ImageStatic.js';
  import WMTS from 'ol/source/WMTS.js';
  import WMTSGrid from 'ol/tilegrid/WMTS.js';
  import { bindImageLayer, bindLayer } from 'sw-tile-cache/openlayers';
  import { createStub } from '${import.meta.dirname}/stub';
  ${START}
  const add = (layer, bind) => {
    const view = new View({ center: fromLonLat([10, 20]), zoom: 4, constrainResolution: true });
    const map = new Map({ target: container(), controls: [], layers: [layer], view });
    map.once('rendercomplete', drawn);
    bindings.push(bind(layer, client, { layer: 'roads' }));
  };
  // A matrix set that begins at zoom 3.
  const zooms = [3, 4, 5, 6];
  const tileGrid = new WMTSGrid({
    origin: [${-WORLD}, ${WORLD}],
    resolutions: zooms.map((z) => ${WORLD / 128} / 2 ** z),
    matrixIds: zooms.map(String),
  });
  const matrix = { layer: 'roads', matrixSet: 'EPSG:3857', style: '', format: 'image/png', projection: 'EPSG:3857' };
  const image = { url: '/tiles/roads/now.png', imageExtent: [-170, -80, 170, 80], projection: 'EPSG:4326' };
  add(new ImageLayer({ source: new ImageWMS({ url: '/wms', params: { LAYERS: 'roads' } }) }), bindImageLayer);
  add(new TileLayer({ source: new WMTS({ url: '/wmts', ...matrix, tileGrid }) }), bindLayer);
  add(new ImageLayer({ source: new Static(image) }), bindImageLayer);
`;

const WMS =
  '/wms?service=WMS&request=GetMap&version=1.1.1&srs=EPSG:3857&bbox={bbox-epsg-3857}&width=256&height=256&layers=roads';

const MAPLIBRE = `
  import { bindImageSource, bindSource } from 'sw-tile-cache/maplibre';
  import { createStub } from '${import.meta.dirname}/stub';
  ${START}
  const here = location.origin;
  const library = here + '/lib/maplibre-gl/dist/maplibre-gl.mjs';
  import(/* @vite-ignore */ library).then((maplibregl) => {
    const add = (roads, layer, bind, terrain) => {
      const style = { version: 8, sources: { roads }, layers: [{ id: 'roads', source: 'roads', ...layer }] };
      const map = new maplibregl.Map({
        container: container(), center: [10, 20], zoom: 4, attributionControl: false, style,
        canvasContextAttributes: { preserveDrawingBuffer: true },
      });
      map.once('style.load', () => void (terrain && map.setTerrain(terrain)));
      map.once('idle', drawn);
      bindings.push(bind(map, 'roads', client, { layer: 'roads' }));
    };
    const relief = ['interpolate', ['linear'], ['elevation'], 0, '#0000ff', 255, '#ff0000'];
    add({ type: 'raster', tileSize: 256, tiles: [here + '${WMS}'] }, { type: 'raster' }, bindSource);
    // Red is 255 m high, blue 0 m.
    const dem = { encoding: 'custom', redFactor: 1, greenFactor: 0, blueFactor: 0, baseShift: 0 };
    add(
      { type: 'raster-dem', tileSize: 256, ...dem, tiles: [here + '/tiles/roads/{z}/{x}/{y}.png'] },
      { type: 'color-relief', paint: { 'color-relief-color': relief } }, bindSource, { source: 'roads' },
    );
    const coordinates = [[-170, 80], [170, 80], [170, -80], [-170, -80]];
    add({ type: 'image', url: here + '/tiles/roads/now.png', coordinates }, { type: 'raster' }, bindImageSource);
  });
`;

/** Points in each of the two or three maps, away from the borders between them. */
const POINTS = [60, 150, 310, 440, 560, 700].flatMap((x) => [60, 260, 450].map((y) => [x, y] as const));
const style = (path: string) => `<link rel="stylesheet" href="/lib/${path}.css">`;

/** Without the terrain map: over terrain, MapLibre goes on drawing the texture of a removed tile. */
const WITHOUT_TERRAIN = POINTS.filter(([x]) => x < 250 || x > 500);

const cases: Array<[name: string, program: string, head: string, goes?: typeof POINTS]> = [
  ['Leaflet: WMS, an image', LEAFLET, style('leaflet/dist/leaflet')],
  ['OpenLayers: WMS of one image a view, WMTS, a reprojected image', OPENLAYERS, style('ol/ol')],
  ['MapLibre: WMS, terrain, an image', MAPLIBRE, style('maplibre-gl/dist/maplibre-gl'), WITHOUT_TERRAIN],
];

for (const [name, program, head, goes = POINTS] of cases)
  test(`${name}: changed tiles appear without a blank frame, and no others are requested`, async ({
    tab: page,
    origin,
  }) => {
    // This page has no worker, and the HTTP cache must not answer in its place.
    origin.cacheControl = 'no-cache';
    await origin.page('/map', program, head);
    await page.goto(`${origin.url}/map`);
    await ready(page);
    await shows(page, POINTS, { old: POINTS.length });

    origin.version = 2;
    const before = origin.requests.length;
    // One purge is on the other side of the world, the other of zooms that the maps do not show.
    const purged = { layer: 'roads', buffer: 0, mode: 'stale' };
    await emit(page, 'invalidated', { ...purged, bbox: [150, -60, 170, -50] });
    await emit(page, 'invalidated', { ...purged, zooms: [12, 14] });
    await frames(page);
    expect(origin.requests.slice(before)).toEqual([]);

    const release = origin.hold();
    const film = await record(page);
    await emit(page, 'versionchange', NEW_VERSION);
    await expect.poll(() => origin.requests.length).toBeGreaterThan(before);
    await frames(page);
    expect(await look(page, POINTS)).toMatchObject({ old: POINTS.length });
    release();
    await settled(page);
    await shows(page, POINTS, { new: POINTS.length });
    const seen = (await film.stop()).map((frame) => census(frame, POINTS));
    expect(seen.filter(({ blank }) => blank > 0)).toEqual([]);

    // If requests fail, the map stays as it is, and the binding tries again.
    origin.version = 1;
    origin.fail = () => 503;
    const asked = origin.requests.length;
    await page.evaluate(() => (window as never as { binding: { refresh(): void } }).binding.refresh());
    await expect.poll(() => origin.requests.length).toBeGreaterThan(asked);
    await frames(page);
    expect(await look(page, POINTS)).toMatchObject({ new: POINTS.length });
    origin.fail = () => undefined;
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await settled(page);
    await shows(page, POINTS, { old: POINTS.length });

    // Tiles that the origin no longer has disappear.
    origin.fail = () => 404;
    await emit(page, 'versionchange', { layer: 'roads', version: '3', previous: '2' });
    await settled(page);
    await shows(page, goes, { blank: goes.length });
    await page.evaluate(() => (window as never as MapWindow).binding.unbind());
    expect(await page.evaluate(() => (window as never as MapWindow).client.listenerCount())).toBe(0);
  });
