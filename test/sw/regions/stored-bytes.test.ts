// What a region says that it takes and holds, after its area, its layers, its style or its worker was another one.
import { expect, it } from 'vitest';
import type { RegionInfo, RegionSpec } from '../../../src/shared/regions';
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
])('a region saved again with other %s takes as much as one that was never another', async (_, change) => {
  const fresh = await saved(createRegionWorld(OPTIONS), { ...SMALL, ...change });
  const world = createRegionWorld(OPTIONS);
  await saved(world, SMALL);
  const again = await saved(world, { ...SMALL, ...change });
  expect(again).toMatchObject({ state: 'complete', tiles: fresh.tiles });
  expect(Math.abs(again.stored - fresh.stored)).toBeLessThan(0.1 * fresh.stored);
});

it('a region takes no more with each edition of its style', async () => {
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

it('a region whose layer was not served for a while holds all of its tiles again', async () => {
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
