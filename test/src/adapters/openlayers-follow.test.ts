// @vitest-environment happy-dom
import OLMap from 'ol/Map.js';
import View from 'ol/View.js';
import TileLayer from 'ol/layer/Tile.js';
import { fromLonLat } from 'ol/proj.js';
import XYZ from 'ol/source/XYZ.js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { bindLayer } from '../../../src/openlayers';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const mapAt = (longitude: number, layers: TileLayer[] = []) => {
  const map = new OLMap({ layers, view: new View({ center: fromLonLat([longitude, 0]), zoom: 6 }) });
  map.setSize([512, 512]);
  return map;
};

it('a map at rest is reported when bound, and a map that no longer shows the layer is not', () => {
  const layer = new TileLayer({ source: new XYZ({ url: '/tiles/roads/{z}/{x}/{y}.png' }) });
  const map = mapAt(10, [layer]);
  const told: Array<{ bbox: number[]; closed?: true }> = [];
  const client = { on: () => () => {}, version: () => undefined, viewport: (view: never) => told.push(view) };
  const binding = bindLayer(layer as never, client as never);
  const last = () => {
    vi.advanceTimersByTime(1000);
    const { bbox, closed } = told.at(-1)!;
    return closed ? 'closed' : Math.round((bbox[0]! + bbox[2]!) / 2);
  };
  expect(last()).toBe(10);
  map.getView().setCenter(fromLonLat([20, 0]));
  map.dispatchEvent('moveend');
  expect(last()).toBe(20);
  map.removeLayer(layer);
  expect(last()).toBe('closed');
  map.dispatchEvent('moveend');
  expect(last()).toBe('closed');
  const other = mapAt(40);
  other.addLayer(layer);
  expect(last()).toBe(40);
  binding.unbind();
  expect(last()).toBe('closed');
  other.dispatchEvent('moveend');
  other.removeLayer(layer);
  expect([told.length, last()]).toEqual([5, 'closed']);
});
