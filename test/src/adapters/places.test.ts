// @vitest-environment happy-dom
import * as L from 'leaflet';
import { get } from 'ol/proj.js';
import { createXYZ } from 'ol/tilegrid.js';
import TileGrid from 'ol/tilegrid/TileGrid.js';
import { describe, expect, it } from 'vitest';
import { gridOf } from '../../../src/adapters/leaflet-grid';
import { placeInGrid } from '../../../src/adapters/openlayers-view';
import { placeInUrl } from '../../../src/adapters/url-place';
import { type TilePlace, zoomOf } from '../../../src/shared/tile-place';
import { rangeHolds } from '../../../src/shared/range';

const HALF = 20037508.342789244;
const holds = (place: TilePlace | null, bbox: [number, number, number, number]) =>
  rangeHolds({ bbox, buffer: 0 }, place ?? undefined);

describe('the place of a tile', () => {
  it('Leaflet: the grid of the map’s coordinate system', () => {
    expect(gridOf(undefined)).toBe('EPSG:3857');
    expect(gridOf(L.CRS.EPSG3857)).toBe('EPSG:3857');
    expect(gridOf(L.CRS.EPSG3395)).toBe('EPSG:3857');
    expect(gridOf(L.CRS.EPSG4326)).toBe('EPSG:4326');
    expect(gridOf(L.CRS.Simple)).toBe('simple');
  });

  it('OpenLayers: indices of the usual grid stay unchanged', () => {
    expect(placeInGrid(createXYZ(), get('EPSG:3857')!, { z: 4, x: 8, y: 6 })).toEqual({ z: 4, x: 8, y: 6 });
    expect(placeInGrid(createXYZ({ tileSize: 512 }), get('EPSG:3857')!, { z: 4, x: 8, y: 6 })).toEqual({
      z: 4,
      x: 8,
      y: 6,
    });
  });

  it('OpenLayers: a matrix set that begins at zoom 3 counts from there', () => {
    const resolutions = [3, 4, 5].map((z) => (HALF * 2) / 256 / 2 ** z);
    const grid = new TileGrid({ origin: [-HALF, HALF], resolutions });
    expect(placeInGrid(grid, get('EPSG:3857')!, { z: 1, x: 8, y: 6 })).toEqual({ z: 4, x: 8, y: 6 });
  });

  it('OpenLayers: degrees have a grid of their own', () => {
    const place = placeInGrid(createXYZ({ extent: [-180, -90, 180, 90] }), get('EPSG:4326')!, { z: 2, x: 4, y: 1 });
    // The worker's grid is two tiles wide and one high at zoom 0; that of OpenLayers begins a zoom earlier.
    const grid = new TileGrid({ origin: [-180, 90], resolutions: [0.703125, 0.3515625, 0.17578125] });
    const usual = placeInGrid(grid, get('EPSG:4326')!, { z: 2, x: 4, y: 1 });
    expect(holds(usual, [1, 1, 44, 44])).toBe(true);
    expect(holds(usual, [46, 1, 80, 44])).toBe(false);
    expect(zoomOf(usual)).toBe(2);
    expect(zoomOf(place)).toBeLessThan(2);
  });

  it('OpenLayers: a grid that matches no zoom lies between two', () => {
    const odd = new TileGrid({ origin: [-HALF, HALF], resolutions: [100000, 30000], tileSize: [300, 200] });
    const place = placeInGrid(odd, get('EPSG:3857')!, { z: 1, x: 2, y: 3 });
    expect(holds(place, [-10, 0, -5, 10])).toBe(true);
    expect(holds(place, [-60, 0, -30, 10])).toBe(false);
  });

  it('a request by parameters has its place in its URL, or none', () => {
    expect(placeInUrl('/tiles/a/1/2/3.png')).toBeUndefined();
    expect(placeInUrl(undefined)).toBeUndefined();
    const wms = (srs: string, bbox: string) => `/wms?request=GetMap&version=1.1.1&srs=${srs}&bbox=${bbox}&width=256`;
    expect(placeInUrl(wms('EPSG:3857', `0,0,${HALF},${HALF}`))).toEqual({ z: 1, x: 1, y: 0 });
    expect(placeInUrl(wms('EPSG:2056', '2500000,1100000,2600000,1200000'))).toBeNull();
    // As in the worker: only a purge of the whole layer covers a tile of unknown place.
    expect(holds(null, [-180, -85, 180, 85])).toBe(false);
    expect(rangeHolds({}, undefined)).toBe(true);
  });
});
