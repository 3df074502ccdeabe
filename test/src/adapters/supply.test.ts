// @vitest-environment happy-dom
import * as L from 'leaflet';
import View from 'ol/View.js';
import { fromLonLat } from 'ol/proj.js';
import TileWMS from 'ol/source/TileWMS.js';
import VectorTile from 'ol/source/VectorTile.js';
import WMTS from 'ol/source/WMTS.js';
import XYZ from 'ol/source/XYZ.js';
import TileGrid from 'ol/tilegrid/TileGrid.js';
import WMTSTileGrid from 'ol/tilegrid/WMTS.js';
import { describe, expect, it } from 'vitest';
import { coverOf, type Grid } from '../../../src/adapters/leaflet-grid';
import { leafletSupply } from '../../../src/adapters/leaflet-supply';
import { maplibreSupply } from '../../../src/adapters/maplibre-supply';
import { openlayersSupply } from '../../../src/adapters/openlayers-supply';
import { tileKey } from '../../../src/screen/tile-key';
import { tilesIn } from '../../../src/prefetch/boxes';

const keys = (tiles: Iterable<{ z: number; x: number; y: number }>) => [...tiles].map(tileKey).sort();

// Without this, Leaflet has only integer zooms.
Object.assign(L.Browser, { any3d: true });

describe('Leaflet', () => {
  const url = '/tiles/{z}/{x}/{y}.png?{s}';
  const cases: Array<[string, L.MapOptions, () => L.TileLayer, [number, number], number]> = [
    ['Web Mercator', {}, () => L.tileLayer(url), [53.5, 10], 6],
    ['at the antimeridian', {}, () => L.tileLayer(url), [0, 179.9], 4],
    ['without copies of the world', {}, () => L.tileLayer(url, { noWrap: true }), [0, 179.9], 4],
    ['at a pole', {}, () => L.tileLayer(url), [85, 0], 3],
    ['between zooms', { zoomSnap: 0 }, () => L.tileLayer(url), [53.5, 10], 6.3],
    ['rows from the south', {}, () => L.tileLayer(url, { tms: true }), [53.5, 10], 6],
    ['large tiles', {}, () => L.tileLayer(url, { tileSize: 512, zoomOffset: -1 }), [53.5, 10], 6],
    ['past the last zoom', {}, () => L.tileLayer(url, { maxNativeZoom: 4, maxZoom: 9 }), [53.5, 10], 6],
    ['zooms counted backwards', {}, () => L.tileLayer(url, { zoomReverse: true, maxZoom: 12 }), [53.5, 10], 6],
    [
      'bounds',
      {},
      () =>
        L.tileLayer(url, {
          bounds: [
            [50, 5],
            [55, 11],
          ],
        }),
      [53.5, 10],
      6,
    ],
    ['degrees', { crs: L.CRS.EPSG4326 }, () => L.tileLayer(url), [53.5, 10], 5],
    ['a plan', { crs: L.CRS.Simple }, () => L.tileLayer(url), [120, 300], 3],
    ['WMS', {}, () => L.tileLayer.wms('/wms', { layers: 'a' }), [53.5, 10], 6],
  ];

  it.each(cases)('%s: a view elsewhere needs the tiles that the layer requests there', (_, options, make, at, zoom) => {
    const map = L.map(document.createElement('div'), { ...options, zoomAnimation: false, fadeAnimation: false });
    Object.assign(map, { _size: L.point(1000, 700), _sizeChanged: false });
    const layer = make();
    const grid = layer as unknown as Grid;
    const supply = leafletSupply(layer, () => map);
    // It looks elsewhere, at another zoom.
    map.setView([at[0] - 2, at[1] - 30], zoom + 2, { animate: false });
    layer.addTo(map);
    const box = supply.box({ center: [at[1], at[0]], zoom })!;
    const ahead = tilesIn(box).flatMap((tile) => {
      const request = supply.request(tile) as { url: string } | undefined;
      return request ? [{ ...tile, url: request.url }] : [];
    });
    const columns = supply.columns(box.z);

    map.setView(at, zoom, { animate: false });
    const { wanted, idOf } = coverOf(grid, map)!;
    expect(keys(ahead)).toEqual(keys(wanted));
    // The worker reads these numbers in the URLs.
    for (const tile of ahead) {
      const { z, x } = idOf!(tile);
      if (!tile.url.startsWith('/wms')) expect(tile.url).toContain(`/tiles/${z}/${x}/`);
    }
    const urls = wanted.map((tile) =>
      layer.getTileUrl(Object.assign(grid._wrapCoords(tile as unknown as L.Coords), { z: tile.z })),
    );
    expect(ahead.map((tile) => tile.url).sort()).toEqual(urls.sort());
    expect(supply.camera()!.zoom).toBe(zoom);
    // Round the world it is the same tile.
    const [first] = wanted;
    if (columns) expect(supply.request({ ...first!, x: first!.x + columns })).toEqual(supply.request(first!));
    map.remove();
  });

  it('is undefined if the layer shows nothing', () => {
    const map = L.map(document.createElement('div'), { zoomAnimation: false }).setView([0, 0], 5);
    const layer = L.tileLayer(url, { minZoom: 4 }).addTo(map);
    expect(leafletSupply(layer, () => map).box({ center: [0, 0], zoom: 3 })).toBeUndefined();
    map.setMinZoom(0).setZoom(3, { animate: false });
    expect(coverOf(layer as unknown as Grid, map)).toEqual({ wanted: [], drawn: [] });
    expect(leafletSupply(layer, () => undefined).camera()).toBeUndefined();
    expect(leafletSupply(layer, () => undefined).request({ z: 4, x: 0, y: 0 })).toBeUndefined();
  });
});

describe('OpenLayers', () => {
  const matrix = new WMTSTileGrid({
    origin: [-20037508, 20037508],
    resolutions: [156543, 78271, 39135, 19567, 9783],
    matrixIds: ['a', 'b', 'c', 'd', 'e'],
  });
  const odd = new TileGrid({
    origin: [-20037508, 20037508],
    resolutions: [100000, 30000, 10000],
    tileSize: [300, 200],
  });
  const cases = [
    ['XYZ', new XYZ({ url: '/tiles/{z}/{x}/{y}.png' })],
    ['large tiles', new XYZ({ url: '/tiles/{z}/{x}/{y}.png', tileSize: 512 })],
    ['the last zoom', new XYZ({ url: '/tiles/{z}/{x}/{y}.png', maxZoom: 2 })],
    ['a grid of its own', new XYZ({ url: '/tiles/{z}/{x}/{y}.png', tileGrid: odd })],
    ['vector tiles', new VectorTile({ url: '/tiles/{z}/{x}/{y}.pbf' })],
    ['WMS', new TileWMS({ url: '/wms', params: { LAYERS: 'a' } })],
    ['WMTS', new WMTS({ url: '/wmts', layer: 'a', matrixSet: 'm', style: 's', tileGrid: matrix })],
  ] as const;

  it.each(cases)('%s: a view elsewhere needs the tiles that the source requests there', (_, source) => {
    const view = new View({ center: fromLonLat([10, 20]), zoom: 4 });
    const map = { getView: () => view, getSize: () => [1000, 700], getPixelRatio: () => 1 };
    const supply = openlayersSupply(source as never, () => map as never);
    const to = { center: [-60, 30] as const, zoom: 3 };
    const ahead = tilesIn(supply.box(to)!);
    const urls = ahead.map((tile) => (supply.request(tile) as { url: string } | undefined)?.url);

    view.setCenter(fromLonLat([...to.center]));
    view.setZoom(to.zoom);
    const projection = view.getProjection();
    const grid = source.getTileGrid() ?? source.getTileGridForProjection(projection);
    const z = grid.getZForResolution(view.getResolution()!, source.zDirection);
    const range = grid.getTileRangeForExtentAndZ(view.calculateExtent([1000, 700]), z);
    const wanted = [];
    for (let x = range.minX; x <= range.maxX; x++)
      for (let y = range.minY; y <= range.maxY; y++) wanted.push({ z, x, y });
    expect(keys(ahead)).toEqual(keys(wanted));
    const asked = wanted.map(({ x, y }) => {
      const coord = source.getTileCoordForTileUrlFunction([z, x, y], projection);
      return coord ? source.getTileUrlFunction()(coord, 1, projection) : undefined;
    });
    expect([...urls].sort()).toEqual([...asked].sort());
    expect(urls.some((url) => url)).toBe(true);
    const camera = supply.camera()!;
    expect([...camera.center, camera.zoom].map((n) => Math.round(n * 1e6) / 1e6)).toEqual([-60, 30, 3]);
    const columns = supply.columns(z);
    const inside = ahead.find((tile) => supply.request(tile))!;
    if (columns) expect(supply.request({ ...inside, x: inside.x + columns })).toEqual(supply.request(inside));
  });

  it('is undefined for reprojected sources', () => {
    const view = new View({ center: [0, 0], zoom: 4 });
    const map = { getView: () => view, getSize: () => [1000, 700], getPixelRatio: () => 1 };
    const source = new XYZ({ url: '/{z}/{x}/{y}', projection: 'EPSG:4326' });
    expect(openlayersSupply(source, () => map as never).camera()).toBeUndefined();
    expect(openlayersSupply(source, () => map as never).request({ z: 1, x: 0, y: 0 })).toBeUndefined();
  });
});

describe('MapLibre', () => {
  class Canonical {
    constructor(
      readonly z: number,
      readonly x: number,
      readonly y: number,
    ) {
      if (x < 0 || x >= 2 ** z || y < 0 || y >= 2 ** z) throw new Error('outside of bounds');
    }
    url(urls: string[]) {
      return urls[0]!.replace('{z}/{x}/{y}', `${this.z}/${this.x}/${this.y}`);
    }
  }
  const mapOf = (source: object, copies = true) => {
    const from = {
      type: 'raster',
      tiles: ['https://map.example/{z}/{x}/{y}'],
      scheme: 'xyz',
      tileSize: 256,
      minzoom: 0,
      maxzoom: 14,
      loaded: () => true,
      hasTile: ({ canonical }: { canonical: Canonical }) => canonical.z !== 5,
      ...source,
    };
    return {
      getSource: () => from,
      getCenter: () => ({ lng: 10, lat: 20 }),
      getZoom: () => 4.6,
      getBearing: () => 0,
      getPixelRatio: () => 1,
      getRenderWorldCopies: () => copies,
      getContainer: () => ({ clientWidth: 512, clientHeight: 256 }),
      // The layer may show nothing here.
      coveringTiles: () => [{ wrap: 0, canonical: new Canonical(3, 1, 1) }],
      style: { tileManagers: { roads: { _inViewTiles: { getAllTiles: () => [] } } } },
      _requestManager: { transformRequest: (url: string) => ({ url: `${url}?key=1`, headers: { a: 'b' } }) },
    } as never;
  };

  it.each([
    [{ roundZoom: true }, 4.6, 6],
    [{ tileSize: 512 }, 4.6, 4],
    [{ maxzoom: 3 }, 4.6, 3],
    [{ tileSize: 512 }, -1, 0],
  ])('%j at zoom %f has tiles of zoom %i', (source, zoom, z) => {
    const box = maplibreSupply(mapOf(source), 'roads').box({ center: [10, 20], zoom })!;
    expect(box.z).toBe(z);
    // A map as wide as the world at zoom 0 shows this part of the world.
    expect((box.east - box.west) / 2 ** z).toBeCloseTo(1 / 2 ** zoom);
  });

  it('requests tiles as the map does, in every copy of the world, and none that does not exist', async () => {
    const supply = maplibreSupply(mapOf({}), 'roads');
    const asked = (tile: { z: number; x: number; y: number }) => Promise.resolve(supply.request(tile));
    expect(await asked({ z: 3, x: 2, y: 1 })).toMatchObject({
      url: 'https://map.example/3/2/1?key=1',
      init: { headers: { a: 'b', accept: 'image/webp,*/*' } },
    });
    expect((await asked({ z: 3, x: -1, y: 1 }))!.url).toContain('/3/7/1');
    expect(await asked({ z: 3, x: 1, y: -1 })).toBeUndefined();
    expect(await asked({ z: 3, x: 1, y: 8 })).toBeUndefined();
    expect(await asked({ z: 5, x: 1, y: 1 })).toBeUndefined();
    expect(await maplibreSupply(mapOf({}, false), 'roads').request({ z: 3, x: 8, y: 1 })).toBeUndefined();
    expect(maplibreSupply(mapOf({ minzoom: 9 }), 'roads').box({ center: [0, 0], zoom: 3 })).toBeUndefined();
    expect(maplibreSupply(mapOf({ loaded: () => false }), 'roads').camera()).toBeUndefined();
  });
});
