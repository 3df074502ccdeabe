// The inspector lists tiles in the packs of regions.
import { expect, it } from 'vitest';
import type { EntriesPage, EntriesQuery, StoredEntry } from '../../../src/shared/inspect-entries';
import { inspector } from '../../../sw/inspect';
import { createRegionWorld, SMALL, urlsOf } from '../regions/world';

it('lists tiles of regions after the others, in pages, each tile once', async () => {
  const world = createRegionWorld({ layers: { roads: { maxAge: 60 }, base: {} }, inspect: inspector() });
  let ids = 0;
  const list = (query: EntriesQuery = {}) =>
    new Promise<EntriesPage>((resolve, reject) => {
      const port = { postMessage: (ack: any) => (ack.ok ? resolve(ack.result) : reject(new Error(ack.error.message))) };
      const message = { type: 'TILE_INSPECT', id: `list${(ids += 1)}`, action: 'entries', ...query };
      void world.worker.message(message, port, 'page');
    });
  const all = async (query: EntriesQuery) => {
    const entries: StoredEntry[] = [];
    for (let page = await list(query); ; page = await list({ ...query, cursor: page.cursor })) {
      expect(page.entries.length).toBeLessThanOrEqual(query.limit ?? 100);
      entries.push(...page.entries);
      if (page.cursor === undefined) return entries;
    }
  };
  await world.get(world.worker, '/tiles/base/3/1/1');
  await world.ask({ action: 'save', spec: SMALL });
  await world.ask({ action: 'save', spec: { ...SMALL, id: 'again', zooms: [5, 6] } });
  await world.finish();
  world.clock.now += 100_000;
  const urls = urlsOf(SMALL);
  const inside = (entries: readonly StoredEntry[], region: string) =>
    entries
      .filter((one) => one.region === region)
      .map(({ layer, tile }) => `/tiles/${layer}/${tile!.z}/${tile!.x}/${tile!.y}`);
  for (const limit of [1000, 7, 1]) {
    const entries = await all({ limit });
    expect(inside(entries, 'small').sort()).toEqual([...urls].sort());
    expect(inside(entries, 'again').sort()).toEqual(urls.filter((url) => /roads\/[56]\//.test(url)).sort());
    expect(entries.filter(({ region }) => region === undefined).map(({ layer }) => layer)).toContain('base');
  }
  const [one] = (await all({ layer: 'roads', zoom: 5 })).filter(({ region }) => region === 'small');
  expect(one).toMatchObject({ layer: 'roads', status: 200, type: 'application/octet-stream', age: 100 });
  expect(one!.bytes).toBe(`one ${urls[0]}`.length);
  expect((await all({ layer: 'base' })).some(({ region }) => region !== undefined)).toBe(false);
  expect((await all({ zoom: 5 })).every(({ tile }) => tile?.z === 5)).toBe(true);
  expect(await all({ older: 101 })).toEqual([]);
  await world.ask({ action: 'remove', region: 'small' });
  await expect(list({ cursor: 'kept 999 5' })).resolves.toEqual({ entries: [] });
});
