import { beforeEach, describe, expect, it } from 'vitest';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import type { TileAddress } from '../../../src/shared/tile-matcher';
import { createViewports, type Viewports } from '../../../sw/origin/viewports';
import { settle } from '../fakes/timers';

const layer = resolveLayer('roads');
const at = (z: number, x: number, y: number) => ({ layer, tile: { z, x, y } }) as TileAddress;
/** A view around tile 8/75/96. */
const here = { layer: 'roads', zoom: 8, bbox: [-74.3, 40.5, -73.7, 40.9] as const };
const elsewhere = { layer: 'roads', zoom: 8, bbox: [100, 10, 101, 11] as const };

describe('the requests that a view leaves behind', () => {
  let viewports: Viewports;
  const types: Record<string, ClientTypes> = { page: 'window', other: 'window', worker: 'worker' };
  beforeEach(() => {
    viewports = createViewports(
      () => 0,
      async (id) => types[id],
    );
  });
  const tile = at(8, 75, 96);

  it('are those far outside that began before it', () => {
    viewports.set('page', here);
    const waiter = viewports.meet('page');
    expect(viewports.leftBehind(tile, waiter)).toBe(false);
    viewports.set('page', elsewhere);
    expect(viewports.leftBehind(tile, waiter)).toBe(true);
    // This tile was requested after the view was reported, so the map wants it.
    expect(viewports.leftBehind(tile, viewports.meet('page'))).toBe(false);
  });

  it('do not include tiles that maps load around a view, or of lower zooms', () => {
    const waiter = viewports.meet('page');
    viewports.set('page', here);
    expect(viewports.leftBehind(at(8, 78, 96), waiter)).toBe(false);
    expect(viewports.leftBehind(at(8, 85, 96), waiter)).toBe(true);
    expect(viewports.leftBehind(at(4, 4, 6), waiter)).toBe(false);
    expect(viewports.leftBehind(at(9, 150, 192), waiter)).toBe(false);
    expect(viewports.leftBehind(at(11, 600, 768), waiter)).toBe(true);
    expect(viewports.leftBehind({ layer } as TileAddress, waiter)).toBe(false);
  });

  it('do not include those of a page that reports no view, or of another layer', () => {
    const waiter = viewports.meet('other');
    const own = viewports.meet('page');
    viewports.set('page', elsewhere);
    expect(viewports.leftBehind(tile, waiter)).toBe(false);
    viewports.set('page', { ...here, layer: 'rivers' });
    expect(viewports.leftBehind({ ...tile, layer: resolveLayer('rivers') } as TileAddress, own)).toBe(false);
  });

  it('do not include tiles that another map of the page shows, such as an overview', () => {
    const waiter = viewports.meet('page');
    const overview = { layer: 'roads', zoom: 3, bbox: [-180, -60, 180, 60] as const, map: 'overview' };
    viewports.set('page', { ...here, map: 'main' });
    viewports.set('page', overview);
    expect(viewports.leftBehind(tile, waiter)).toBe(false);
    expect(viewports.shows('page', 'roads', tile.tile)).toBe(true);
    expect(viewports.inView(tile)).toBe('yes');
    // A move of the map itself leaves it behind, whatever the other map shows, and so does its removal.
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

  it("of a page's web worker are those that no map of the layer shows", async () => {
    viewports.set('page', here);
    const waiter = viewports.meet('worker');
    await settle();
    viewports.set('page', elsewhere);
    expect(viewports.leftBehind(tile, waiter)).toBe(true);
    viewports.set('other', here);
    expect(viewports.leftBehind(tile, waiter)).toBe(false);
  });
});
