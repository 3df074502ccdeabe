// The size that a region reports after a change of its area, layers, style or worker.
import { expect, it } from 'vitest';
import type { RegionInfo, RegionSpec } from '../../../src/shared/regions';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { ORIGIN } from '../fakes/world';
import { createRegionWorld, ROADS, type RegionWorld, SMALL, urlsOf } from './world';

const BASE = { layer: 'base', template: '/tiles/base/{z}/{x}/{y}' };
const OPTIONS = {
  layers: { roads: { maxAge: 60 }, base: { maxAge: 60 }, assets: { template: ['/style.json'], maxAge: 60 } },
};

const saved = async (world: RegionWorld, spec: RegionSpec): Promise<RegionInfo> => {
  await world.ask({ action: 'save', spec });
  const [info] = await world.finish();
  return info!;
};

it.each<[string, Partial<RegionSpec>]>([
  ['area', { bounds: [11, 53, 12.4, 53.9] }],
  ['zooms', { zooms: [5, 7] }],
  ['layers', { layers: [BASE] }],
])('a region saved again with other %s has the same size as a new one', async (_, change) => {
  const fresh = await saved(createRegionWorld(OPTIONS), { ...SMALL, ...change });
  const world = createRegionWorld(OPTIONS);
  await saved(world, SMALL);
  const again = await saved(world, { ...SMALL, ...change });
  expect(again).toMatchObject({ state: 'complete', tiles: fresh.tiles });
  expect(Math.abs(again.stored - fresh.stored)).toBeLessThan(0.1 * fresh.stored);
});

it('a region does not grow with each edition of its style', async () => {
  const world = createRegionWorld(OPTIONS);
  const { content } = world;
  let edition = 0;
  const style = () => JSON.stringify({ version: 8, sources: {}, layers: [], edition, text: 'x'.repeat(5000) });
  world.content = (path) => (path === '/style.json' ? style() : content(path));
  const first = await saved(world, { ...SMALL, style: `${ORIGIN}/style.json` });
  for (edition = 1; edition < 4; edition += 1) {
    await world.ask({ action: 'update', region: SMALL.id });
    const [info] = await world.finish();
    expect(Math.abs(info!.stored - first.stored)).toBeLessThan(500);
  }
});

it('a region whose layer was not served for a while has all its tiles again', async () => {
  const world = createRegionWorld(OPTIONS);
  const total = 2 * urlsOf(SMALL).length;
  expect(await saved(world, { ...SMALL, layers: [ROADS, BASE] })).toMatchObject({ tiles: total, total });
  world.restart({ layers: { base: { maxAge: 60 } } });
  await world.ask({ action: 'update', region: SMALL.id });
  expect(await world.finish()).toMatchObject([{ state: 'incomplete', failed: total / 2 }]);
  world.restart();
  await world.ask({ action: 'resume', region: SMALL.id });
  expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0, tiles: total, total }]);
});

it.each([1, 2, 3, 4])(
  'a region that is saved again while it writes a pack leaves no pack behind: at pack %i',
  async (at) => {
    const world = createRegionWorld(OPTIONS);
    let packs = 0;
    let again: Promise<unknown> | undefined;
    world.caches = new FakeCacheStorage(async (what) => {
      if (!what.startsWith('put ') || !what.includes('/pack/') || (packs += 1) !== at) return;
      // Do not await this: it waits until the pack is written.
      again = world.ask({ action: 'save', spec: { ...SMALL, zooms: [5, 6] } });
      await new Promise((resolve) => setImmediate(resolve));
    });
    world.restart();
    await world.ask({ action: 'save', spec: SMALL });
    await world.ask({ action: 'drive', metered: false, online: true });
    await again;
    const [info] = await world.finish();
    expect(info).toMatchObject({ state: 'complete', zooms: [5, 6] });
    let bytes = 0;
    for (const { entries } of world.caches.caches.values())
      for (const [path, { body }] of entries) if (path.includes('/pack/')) bytes += body!.length;
    expect(bytes).toBe(info!.stored);
  },
);
