import { describe, expect, it } from 'vitest';
import type { TileCoverage } from '../../../src/shared/regions';
import { FakeCache } from '../fakes/fake-caches';
import { seeded } from '../fakes/seeded';
import { createRegionWorld, ROADS, type RegionWorld, SMALL } from './world';

const DAY = 86_400_000;
const tell = (world: RegionWorld, message: object) =>
  new Promise<void>((resolve) => void world.worker.message(message, { postMessage: () => resolve() }));
const coverage = (world: RegionWorld, bounds: number[], zoom: number) =>
  world.ask<TileCoverage[]>({
    action: 'coverage',
    query: { layer: 'roads', bounds, zooms: [zoom, zoom], template: ROADS.template },
  });

describe('what is said to be covered', () => {
  it('is what is answered without a network, in a thousand views', async () => {
    const world = createRegionWorld({ layers: { roads: { maxAge: 60, staleIfError: 30 * 86_400 } } });
    await world.ask({ action: 'save', spec: SMALL });
    await world.finish();
    // Some that a map has brought, some long ago, some that do not exist, some purged, some stale.
    for (const path of ['9/270/160', '9/271/160', '8/134/82', '8/135/82'])
      await world.get(world.worker, `/tiles/roads/${path}`);
    world.content = () => new Response('', { status: 404 });
    await world.get(world.worker, '/tiles/roads/9/272/160');
    world.clock.now += 29 * DAY;
    world.content = (path) => `two ${path}`;
    for (const path of ['9/273/160', '8/136/82']) await world.get(world.worker, `/tiles/roads/${path}`);
    await tell(world, { type: 'CACHE_INVALIDATE', layer: 'roads', bbox: [9, 53, 9.4, 53.2], buffer: 0 });
    await tell(world, { type: 'CACHE_INVALIDATE', layer: 'roads', mode: 'stale', bbox: [9.8, 53.5, 10, 53.6] });

    const random = seeded(11);
    const answered = new Map<string, boolean>();
    const seen = { true: 0, false: 0 };
    for (let view = 0; view < 1000; view += 1) {
      const zoom = 5 + Math.floor(random() * 6);
      const [width, height] = [360 / 2 ** zoom, 180 / 2 ** zoom];
      const west = 8 + 3 * random();
      const south = 52.5 + 1.8 * random();
      const tiles = await coverage(
        world,
        [west, south, west + 2 * width * random(), south + 2 * height * random()],
        zoom,
      );
      for (const { tile, covered } of tiles) {
        const path = `/tiles/roads/${tile.z}/${tile.x}/${tile.y}`;
        if (!answered.has(path)) answered.set(path, (await world.offline(path)) !== undefined);
        expect(covered, path).toBe(answered.get(path));
        seen[`${covered}`] += 1;
      }
    }
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(300);
  });

  it.each([false, true])(
    'is found with as much work, however much is stored; by a worker that starts: %s',
    async (cold) => {
      const reads: number[] = [];
      for (const zooms of [
        [10, 10],
        [5, 11],
      ] as const) {
        const world = createRegionWorld();
        await world.ask({ action: 'save', spec: { ...SMALL, zooms } });
        await world.finish();
        const view = [9.2, 53.1, 10.2, 53.8];
        if (cold) world.restart();
        else await coverage(world, view, 10);
        const { match } = FakeCache.prototype;
        let count = 0;
        FakeCache.prototype.match = function (key) {
          count += 1;
          return match.call(this, key);
        };
        const tiles = await coverage(world, view, 10).finally(() => (FakeCache.prototype.match = match));
        expect(tiles.length).toBeGreaterThan(12);
        expect(tiles.every(({ covered }) => covered)).toBe(true);
        // Each tile is looked for once among those of maps; a pack is opened once, and holds many.
        expect(count).toBeLessThanOrEqual(tiles.length + (cold ? 2 : 0));
        reads.push(count);
      }
      expect(reads[1]).toBe(reads[0]);
    },
  );
});
