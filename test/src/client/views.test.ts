import { describe, expect, it } from 'vitest';
import { createViews, type PageView } from '../../../src/client/views';

const view = (layer: string, west: number): PageView => ({ layer, zoom: 4, bbox: [west, 10, west + 20, 30] });
const use = (layer: string, x: number, more: object = {}) => ({ layer, tile: { z: 4, x, y: 7 }, ...more });

describe('the views of a page', () => {
  it('are sent again, the last one of each layer', () => {
    const told: PageView[] = [];
    const views = createViews((one) => told.push(one));
    views.set(view('roads', 0));
    views.set(view('roads', 40));
    views.set(view('rivers', 0));
    told.length = 0;
    views.again();
    expect(told).toEqual([view('roads', 40), view('rivers', 0)]);
  });

  it('drop a web worker’s requests that must be another page’s, and repeat the views to the worker', () => {
    let told = 0;
    const views = createViews(() => told++);
    views.set(view('roads', 0));
    const inside = use('roads', 8, { guessed: true });
    const around = use('roads', 9, { guessed: true });
    const coarser = { layer: 'roads', tile: { z: 2, x: 2, y: 1 }, guessed: true as const };
    const others = use('roads', 3, { guessed: true });
    expect(views.own([inside, around, coarser])).toEqual([inside, around, coarser]);
    expect(told).toBe(1);
    expect(views.own([inside, others])).toEqual([inside]);
    expect(told).toBe(2);
  });

  it('include all its maps, until one is removed', () => {
    const told: PageView[] = [];
    const views = createViews((one) => told.push(one));
    views.set({ ...view('roads', 0), map: 'a' });
    views.set({ ...view('roads', 60), map: 'b' });
    const uses = [use('roads', 8, { guessed: true }), use('roads', 11, { guessed: true })];
    expect(views.own(uses)).toEqual(uses);
    views.set({ ...view('roads', 0), map: 'a', closed: true });
    expect(views.own(uses)).toEqual(uses.slice(1));
    expect(told.at(-1)).toMatchObject({ map: 'b' });
  });

  it('drop no tile that the worker is sure of, has no place, or whose layer has no view', () => {
    const views = createViews(() => {});
    views.set(view('roads', 0));
    const uses = [use('roads', 3), use('rivers', 3, { guessed: true }), { layer: 'roads', guessed: true as const }];
    expect(views.own(uses)).toEqual(uses);
  });
});
