import { beforeEach, describe, expect, it } from 'vitest';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import type { TileAddress } from '../../../src/shared/tile-matcher';
import { createViewports, type Viewports } from '../../../sw/origin/viewports';
import { settle } from '../fakes/timers';

const layer = resolveLayer('roads');
const at = (z: number, x: number, y: number) => ({ layer, tile: { z, x, y } }) as TileAddress;
/** Around tile 8/75/96. */
const here = { layer: 'roads', zoom: 8, bbox: [-74.3, 40.5, -73.7, 40.9] as const };
const elsewhere = { layer: 'roads', zoom: 8, bbox: [100, 10, 101, 11] as const };

describe('what a view leaves behind', () => {
  let viewports: Viewports;
  const types: Record<string, ClientTypes> = { page: 'window', other: 'window', worker: 'worker' };
  beforeEach(() => {
    viewports = createViewports(
      () => 0,
      async (id) => types[id],
    );
  });
  const tile = at(8, 75, 96);

  it('is what lies far outside, and was asked for before', () => {
    viewports.set('page', here);
    const waiter = viewports.meet('page');
    expect(viewports.leftBehind(tile, waiter)).toBe(false);
    viewports.set('page', elsewhere);
    expect(viewports.leftBehind(tile, waiter)).toBe(true);
    // Asked for after the view was told: the map knows what it wants.
    expect(viewports.leftBehind(tile, viewports.meet('page'))).toBe(false);
  });

  it('is not what maps load around a view, or beneath it', () => {
    const waiter = viewports.meet('page');
    viewports.set('page', here);
    expect(viewports.leftBehind(at(8, 78, 96), waiter)).toBe(false);
    expect(viewports.leftBehind(at(8, 85, 96), waiter)).toBe(true);
    expect(viewports.leftBehind(at(4, 4, 6), waiter)).toBe(false);
    expect(viewports.leftBehind(at(9, 150, 192), waiter)).toBe(false);
    expect(viewports.leftBehind(at(11, 600, 768), waiter)).toBe(true);
    expect(viewports.leftBehind({ layer } as TileAddress, waiter)).toBe(false);
  });

  it('is nothing of a page that never tells where it looks, nor of another layer', () => {
    const waiter = viewports.meet('other');
    const own = viewports.meet('page');
    viewports.set('page', elsewhere);
    expect(viewports.leftBehind(tile, waiter)).toBe(false);
    viewports.set('page', { ...here, layer: 'rivers' });
    expect(viewports.leftBehind({ ...tile, layer: resolveLayer('rivers') } as TileAddress, own)).toBe(false);
  });

  it('is not what another map of the page looks at, an overview for one', () => {
    const waiter = viewports.meet('page');
    const overview = { layer: 'roads', zoom: 3, bbox: [-180, -60, 180, 60] as const, map: 'overview' };
    viewports.set('page', { ...here, map: 'main' });
    viewports.set('page', overview);
    expect(viewports.leftBehind(tile, waiter)).toBe(false);
    expect(viewports.shows('page', 'roads', tile.tile)).toBe(true);
    expect(viewports.inView(tile)).toBe('yes');
    // The map's own move leaves it behind, whatever the other shows; and so does its end.
    viewports.set('page', { ...elsewhere, map: 'main' });
    expect(viewports.leftBehind(tile, waiter)).toBe(true);
    viewports.set('page', { ...here, map: 'main' });
    expect(viewports.leftBehind(tile, waiter)).toBe(false);
    viewports.set('page', { ...here, map: 'main', closed: true });
    expect(viewports.leftBehind(tile, waiter)).toBe(true);
    expect(viewports.shows('page', 'roads', tile.tile)).toBe(false);
    viewports.set('page', { ...overview, closed: true });
    expect(viewports.shows('page', 'roads', tile.tile)).toBeUndefined();
    expect(viewports.inView(tile)).toBe('unknown');
  });

  it("of a page's web worker is what no map of the layer looks at", async () => {
    viewports.set('page', here);
    const waiter = viewports.meet('worker');
    await settle();
    viewports.set('page', elsewhere);
    expect(viewports.leftBehind(tile, waiter)).toBe(true);
    viewports.set('other', here);
    expect(viewports.leftBehind(tile, waiter)).toBe(false);
  });
});
