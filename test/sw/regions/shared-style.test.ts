// Two regions with the same style store its parts once, and neither depends on the other.
import { expect, it } from 'vitest';
import { ORIGIN } from '../fakes/world';
import { boundsOf, createRegionWorld, ROADS } from './world';

const DOCUMENTS: Record<string, object> = {
  '/style.json': {
    version: 8,
    sources: { roads: { type: 'vector', url: '/roads.json' }, points: { type: 'geojson', data: '/data/points' } },
    layers: [],
  },
  '/roads.json': { tiles: ['/tiles/roads/{z}/{x}/{y}'] },
  '/data/points': { features: [] },
};
const PATHS = Object.keys(DOCUMENTS);
/** Two distant regions, which have no tiles in common. */
const [EAST, WEST] = [3000, 1000].map((x) => ({
  id: `at-${x}`,
  layers: [ROADS],
  bounds: boundsOf(12, x, 1300, 2),
  zooms: [12, 12],
  style: `${ORIGIN}/style.json`,
}));

async function both() {
  const world = createRegionWorld({
    layers: { roads: { maxAge: 60 }, assets: { template: ['/style.json', '/roads.json', '/data/*'], maxAge: 3600 } },
  });
  const { content } = world;
  world.content = (path) => (path in DOCUMENTS ? JSON.stringify({ ...DOCUMENTS[path], edition: 1 }) : content(path));
  await world.ask({ action: 'save', spec: EAST });
  await world.finish();
  await world.ask({ action: 'save', spec: WEST });
  const regions = await world.finish();
  return { world, regions };
}

const missing = async (world: Awaited<ReturnType<typeof both>>['world']) => {
  world.restart();
  world.clock.now += 86_400_000;
  const gone: string[] = [];
  for (const path of PATHS) if (!(await world.offline(path))) gone.push(path);
  return gone;
};

it('is complete with each of them', async () => {
  const { world, regions } = await both();
  const whole = { state: 'complete', tiles: 4 + PATHS.length, total: 4 + PATHS.length, failed: 0 };
  expect(regions).toMatchObject([whole, whole]);
  expect(regions[1]!.stored).toBeLessThan(regions[0]!.stored);
  await world.ask({ action: 'remove', region: EAST!.id });
  expect(await missing(world)).toEqual([]);
});

it('stays complete with the region that is not updated', async () => {
  const { world } = await both();
  const { content } = world;
  world.content = (path) => content(path).toString().replace('"edition":1', '"edition":2');
  await world.ask({ action: 'update', region: EAST!.id });
  await world.finish();
  await world.finish();
  await world.ask({ action: 'remove', region: EAST!.id });
  expect(await missing(world)).toEqual([]);
  expect(await world.offline('/style.json')).toContain('"edition":1');
});
