// @vitest-environment happy-dom
import * as L from 'leaflet';
import { expect, it, vi } from 'vitest';
import type { Grid } from '../../../src/adapters/leaflet-grid';
import { createScreen } from '../../../src/adapters/leaflet-screen';

it('a view names its grid if the tiles have no place in Web Mercator', () => {
  const crsOf = (crs?: L.CRS) => {
    const map = L.map(document.createElement('div'), { ...(crs && { crs }), zoomAnimation: false });
    map.setView([10, 10], 3);
    const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').addTo(map);
    const screen = createScreen(layer, layer as unknown as Grid);
    screen.attach(() => {});
    return screen.looksAt()!.crs;
  };
  expect([crsOf(), crsOf(L.CRS.EPSG4326), crsOf(L.CRS.Simple)]).toEqual([undefined, 'EPSG:4326', 'simple']);
});

it('a tile is where Leaflet has put its element, whatever its indices', () => {
  const container = document.createElement('div');
  const map = L.map(container, { crs: L.CRS.EPSG4326, zoomAnimation: false });
  Object.assign(map, { _size: L.point(512, 256), _sizeChanged: false });
  map.setView([10, 10], 3);
  const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png', { tileSize: 512, zoomOffset: -1 }).addTo(map);
  const grid = layer as unknown as Grid;
  const screen = createScreen(layer, grid);
  screen.attach(() => {});
  const rect = (x: number, y: number, size: number) => new DOMRect(x, y, size, size);
  vi.spyOn(container, 'getBoundingClientRect').mockReturnValue(rect(100, 100, 1000));
  Object.values(grid._tiles!).forEach(({ el }, i) =>
    vi.spyOn(el, 'getBoundingClientRect').mockReturnValue(rect(110 + 10 * i, 120, 10)),
  );
  const tiles = screen.tiles();
  expect(tiles.length).toBeGreaterThan(1);
  expect(tiles.every(({ z }) => z === 2)).toBe(true);
  expect(screen.view()!.corners!(tiles[1]!)).toEqual([
    { x: 20, y: 20 },
    { x: 30, y: 20 },
    { x: 30, y: 30 },
    { x: 20, y: 30 },
  ]);
  expect(screen.view()!.corners!({ z: 9, x: 0, y: 0 })).toBeUndefined();
});
