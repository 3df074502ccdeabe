// @vitest-environment happy-dom
import * as L from 'leaflet';
import { expect, it } from 'vitest';
import type { Grid } from '../../../src/adapters/leaflet-grid';
import { createScreen } from '../../../src/adapters/leaflet-screen';

it('a view names its grid where the tiles have no places in Web Mercator', () => {
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
