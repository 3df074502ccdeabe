import { afterEach, expect, it, vi } from 'vitest';
import { bindSource } from '../../../src/maplibre';

afterEach(() => vi.unstubAllGlobals());

/** A MapLibre map with the events that a binding uses; `remove` drops its style, as the library does. */
function fakeMap() {
  const target = new EventTarget();
  const map = {
    style: { tileManagers: { roads: { used: true, _inViewTiles: { getAllTiles: () => [] } } } } as object | undefined,
    _removed: false,
    refreshTiles() {},
    on: (type: string, run: () => void) => (target.addEventListener(type, run), map),
    off: (type: string, run: () => void) => (target.removeEventListener(type, run), map),
    getSource() {
      if (!map.style) throw new TypeError('style is undefined');
      return { loaded: () => true, minzoom: 0, maxzoom: 14, tileSize: 512, tiles: [], hasTile: () => true };
    },
    getContainer: () => ({}),
    getZoom: () => 2,
    getBounds: () => ({ getWest: () => 0, getSouth: () => 0, getEast: () => 1, getNorth: () => 1 }),
    coveringTiles: () => [{ canonical: { z: 0, x: 0, y: 0 }, wrap: 0 }],
    remove() {
      map.style = undefined;
      map._removed = true;
      target.dispatchEvent(new Event('remove'));
    },
  };
  return map;
}

it.each([false, true])('a removed map has no view and needs no tiles; unbound before: %s', (unbound) => {
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('removeEventListener', () => {});
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener() {}, removeEventListener() {} });
  const map = fakeMap();
  const client = { on: () => () => {}, version: () => undefined, viewport() {} };
  const binding = bindSource(map as never, 'roads', client as never);
  expect(binding.cover()?.wanted).toHaveLength(1);
  expect(binding.view()).toBeDefined();
  if (unbound) binding.unbind();
  map.remove();
  expect([binding.cover(), binding.view(), binding.tiles()]).toEqual([undefined, undefined, []]);
});

it('a source that no layer shows needs no tiles', () => {
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener() {} });
  const map = fakeMap();
  map.style = { tileManagers: { roads: { used: false, _inViewTiles: { getAllTiles: () => [] } } } };
  const binding = bindSource(map as never, 'roads', {
    on: () => () => {},
    version: () => undefined,
    viewport() {},
  } as never);
  expect(binding.cover()).toEqual({ wanted: [], drawn: [] });
});

it('loaded tiles without content count as drawn, but empty', () => {
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener() {} });
  const map = fakeMap();
  const client = { on: () => () => {}, version: () => undefined, viewport() {} };
  const binding = bindSource(map as never, 'roads', client as never);
  let x = 0;
  const tile = (more: object) => ({
    state: 'loaded',
    hasData: () => true,
    tileID: { wrap: 0, canonical: { z: 5, x: x++, y: 0 } },
    buckets: {},
    ...more,
  });
  const isEmpty = (...tiles: object[]) => {
    map.style = { tileManagers: { roads: { used: true, _inViewTiles: { getAllTiles: () => tiles } } } };
    const { drawn, empty } = binding.cover()!;
    expect(drawn).toHaveLength(tiles.length);
    return empty ?? false;
  };
  expect(isEmpty()).toBe(false);
  expect(isEmpty(tile({}), tile({ texture: { size: [1, 1] } }))).toBe(true);
  expect(isEmpty(tile({}), tile({ buckets: { roads: {} } }))).toBe(false);
  expect(isEmpty(tile({ texture: { size: [256, 256] } }))).toBe(false);
  expect(isEmpty(tile({ dem: {} }))).toBe(false);
  expect(isEmpty(tile({ buckets: undefined }))).toBe(false);
});
