import { describe, expect, it } from 'vitest';
import { createPages } from '../../../sw/pages/pages';
import { recipients } from '../../../sw/pages/recipients';
import { createViewports } from '../../../sw/origin/viewports';

const page = (id: string, url = 'https://maps.example/map') => ({ id, url });
const use = { layer: 'roads', tile: { z: 3, x: 4, y: 2 } };
const EUROPE = { layer: 'roads', zoom: 3, bbox: [0, 40, 20, 60] as [number, number, number, number] };
const AMERICA = { layer: 'roads', zoom: 3, bbox: [-120, 30, -100, 45] as [number, number, number, number] };

function told(views: Record<string, typeof EUROPE>) {
  const viewports = createViewports(() => 0);
  for (const [id, view] of Object.entries(views)) viewports.set(id, view);
  return (pages: ReturnType<typeof page>[], of: { layer: string; tile?: typeof use.tile } = use) =>
    recipients(pages, viewports.shows, of).map(({ id }) => id);
}

describe('the uses of a page’s web worker are reported', () => {
  it('to the page that shows it', () => expect(told({ a: AMERICA, b: EUROPE })([page('a'), page('b')])).toEqual(['b']));
  it('to both if both show it', () =>
    expect(told({ a: EUROPE, b: EUROPE })([page('a'), page('b')])).toEqual(['a', 'b']));
  it('also to a page with this URL that has reported no view yet, because it may be the one', () =>
    expect(told({ a: EUROPE })([page('a'), page('b', 'https://maps.example/map#3/1/1')])).toEqual(['a', 'b']));
  it('to no page with another URL that has reported no view', () =>
    expect(told({ a: EUROPE })([page('a'), page('b', 'https://maps.example/imprint')])).toEqual(['a']));
  it('to the one that has reported no view yet, if the others look elsewhere', () =>
    expect(told({ a: AMERICA })([page('a'), page('b')])).toEqual(['b']));
  it('to all if no page has reported a view', () => expect(told({})([page('a'), page('b')])).toEqual(['a', 'b']));
  it('to the pages of the layer if the URL is not a tile', () =>
    expect(told({ a: AMERICA })([page('a'), page('b', 'https://maps.example/imprint')], { layer: 'roads' })).toEqual([
      'a',
    ]));

  it('and a page’s own uses only to this page', async () => {
    const posted: string[] = [];
    const client = (id: string) => ({ ...page(id), postMessage: () => posted.push(id) });
    const pages = createPages({
      clients: { matchAll: async () => [client('a'), client('b')] as never },
      now: () => 0,
      sleep: async () => {},
    });
    const one = { ...use, status: 'hit', age: 0, duration: 1, code: 200 } as const;
    await pages.used('b', one);
    expect(posted).toEqual(['b']);
    await pages.used('worker', one);
    expect(posted).toEqual(['b', 'a', 'b']);
  });
});
