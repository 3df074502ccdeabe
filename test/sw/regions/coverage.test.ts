import { describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import type { TileId } from '../../../src/shared/tile';
import type { RegionSpec, TileCoverage } from '../../../src/shared/regions';
import { pmtiles } from '../../../sw/pmtiles';
import { archiveOf, createArchiveHost, type HostFaults, pyramid } from '../archives/archive-host';
import { FakeCache } from '../fakes/fake-caches';
import { seeded } from '../fakes/seeded';
import { createRegionWorld, ROADS, type RegionWorld, SMALL, urlsOf } from './world';

const DAY = 86_400_000;
const tell = (world: RegionWorld, message: object) =>
  new Promise<void>((resolve) => void world.worker.message(message, { postMessage: () => resolve() }));
const coverage = (world: RegionWorld, bounds: number[], zoom: number) =>
  world.ask<TileCoverage[]>({
    action: 'coverage',
    query: { layer: 'roads', bounds, zooms: [zoom, zoom], template: ROADS.template },
  });

const tileAt = (url: string): TileId => {
  const [z, x, y] = url.split('/').slice(-3).map(Number) as [number, number, number];
  return { z, x, y };
};
/** Returns the status of an offline answer. */
const statusOffline = async (world: RegionWorld, path: string) => {
  world.reachable = false;
  const { status } = await world.get(world.worker, path).finally(() => (world.reachable = true));
  return status === 404 || status === 410 || (status >= 200 && status < 300) ? status : undefined;
};

describe('coverage', () => {
  it('contains exactly the tiles that are answered offline, in a thousand views', async () => {
    const world = createRegionWorld({ layers: { roads: { maxAge: 60, staleIfError: 30 * 86_400 } } });
    await world.ask({ action: 'save', spec: SMALL });
    await world.finish();
    // Some tiles were stored by a map, some long ago; some do not exist, some are purged, some are stale.
    for (const path of ['9/270/160', '9/271/160', '8/134/82', '8/135/82'])
      await world.get(world.worker, `/tiles/roads/${path}`);
    world.content = () => new Response('', { status: 404 });
    await world.get(world.worker, '/tiles/roads/9/272/160');
    world.clock.now += 29 * DAY;
    world.content = (path) => `two ${path}`;
    for (const path of ['9/273/160', '8/136/82']) await world.get(world.worker, `/tiles/roads/${path}`);
    // Others may no longer be shown without their origin, while a region has older versions of them.
    world.cc = 'no-cache';
    for (const path of ['9/271/161', '8/134/83', '8/133/82']) await world.get(world.worker, `/tiles/roads/${path}`);
    world.cc = 'max-age=60';
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

  const seen = async (world: RegionWorld, paths: string[]) => {
    for (const path of paths) await world.get(world.worker, path);
    world.clock.now += 20_000;
  };
  it.each<[string, object, string]>([
    ['the layer shows offline', { offline: 'always' }, 'no-cache'],
    ['is stale within stale-while-revalidate', {}, 'max-age=10, stale-while-revalidate=1000'],
    ['may be shown if its origin fails', { staleIfError: 60 }, 'max-age=10'],
    ['must be validated', {}, 'max-age=10, stale-while-revalidate=1000, must-revalidate'],
    ['is stale', {}, 'max-age=10'],
  ])(
    'contains exactly the tiles that are answered offline of a layer without a region: tiles that %s',
    async (_, layer, cc) => {
      const world = createRegionWorld({ layers: { roads: layer } });
      world.cc = cc;
      await seen(world, ['/tiles/roads/8/134/82', '/tiles/roads/8/135/82']);
      const tiles = await coverage(world, [8, 53, 11, 54], 8);
      for (const { tile, covered } of tiles)
        expect(covered).toBe((await world.offline(`/tiles/roads/8/${tile.x}/${tile.y}`)) !== undefined);
      expect(tiles.some(({ covered }) => covered)).toBe(!/^max-age=10$|must/.test(cc) || 'staleIfError' in layer);
    },
  );

  it('contains tiles that are stored in the pixel ratios of the screen', async () => {
    const template = '/tiles/roads/{z}/{x}/{y}{r}';
    const world = createRegionWorld({ layers: { roads: { maxAge: 60, template } } });
    const query = { layer: 'roads', bounds: [9.2, 53.1, 10, 53.6], zooms: [8, 9] };
    const share = async (ratios?: string[]) => {
      const answers = await world.ask<TileCoverage[]>({
        action: 'coverage',
        query: { ...query, ...(ratios && { ratios }) },
      });
      expect(new Set(answers.map(({ tile }) => `${tile.z}/${tile.x}/${tile.y}`)).size).toBe(answers.length);
      return answers.filter(({ covered }) => covered).length / answers.length;
    };
    await world.ask({ action: 'save', spec: { ...SMALL, layers: [{ layer: 'roads', ratios: ['@2x'] }] } });
    expect((await world.finish())[0]).toMatchObject({ state: 'complete' });
    expect([await share(['@2x']), await share(), await share(['', '@2x'])]).toEqual([1, 0, 0]);
    await world.get(world.worker, '/tiles/roads/8/134/82');
    const both = await share(['', '@2x']);
    expect(both > 0 && both < 1).toBe(true);
    await expect(share(['2x'])).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'ratios[0]' });
  });

  it.each([404, 410, 204])('contains tiles that are known not to exist: a stored %d', async (status) => {
    const world = createRegionWorld({ layers: { roads: { negativeMaxAge: 60, staleIfError: 60 } } });
    world.content = () => new Response(null, { status });
    await world.get(world.worker, '/tiles/roads/8/134/82');
    const covered = async () => (await coverage(world, [8, 53, 11, 54], 8)).filter((one) => one.covered);
    expect((await covered()).map(({ tile }) => tile)).toEqual([{ z: 8, x: 134, y: 82 }]);
    expect(await statusOffline(world, '/tiles/roads/8/134/82')).toBe(status);
    expect(await covered()).toHaveLength(1);
  });

  const ZOOMED: RegionSpec = { ...SMALL, bounds: [-8, -8, 8, 8], zooms: [1, 8] };
  const isHole = ({ z, x, y }: TileId) => z < 2 || z > 7 || (x * 7 + y * 3 + z) % 5 === 0;
  // There are so many tiles that not all directories lie within the first bytes.
  const withHoles = () => {
    const random = seeded(5);
    return archiveOf(
      pyramid('one', 7, () => 40 + Math.floor(400 * random())).filter(({ tile }) => !isHole(tile)),
      { tileType: 'unknown' },
    );
  };
  it.each<[string, LayerOptions, HostFaults, 'all' | 'some']>([
    ['with holes', {}, {}, 'some'],
    ['whose host has to confirm each answer', { maxAge: 0, staleIfError: 0 }, {}, 'some'],
    ['that is stored as a whole', {}, { noRanges: true }, 'all'],
  ])(
    'contains exactly the tiles that an archive %s answers offline, and the query has no side effects',
    async (_, layer, faults, how) => {
      const host = createArchiveHost(await withHoles(), faults);
      const world = createRegionWorld({
        layers: { roads: { archive: '/data/roads.pmtiles', ...layer } },
        archives: pmtiles(),
      });
      world.answer = (request) => {
        if (!world.reachable) throw new TypeError('no network');
        return host.answer(request);
      };
      for (const path of ['4/0/0', '4/5/5', '5/15/15', '6/31/31', '6/32/31', '7/63/60'])
        await world.get(world.worker, `/tiles/roads/${path}`);
      const ask = async () =>
        new Map(
          (
            await world.ask<TileCoverage[]>({
              action: 'coverage',
              query: { layer: 'roads', bounds: ZOOMED.bounds, zooms: ZOOMED.zooms, template: ROADS.template },
            })
          ).map(({ tile: { z, x, y }, covered }) => [`/tiles/roads/${z}/${x}/${y}`, covered]),
        );
      for (const purged of [false, true]) {
        world.clock.now += 3600_000;
        if (purged) await tell(world, { type: 'CACHE_INVALIDATE', layer: 'roads', bbox: [0, 0, 30, 40], buffer: 0 });
        world.restart();
        const asked = host.asked.length;
        const before = await ask();
        expect(host.asked).toHaveLength(asked);
        const answered = new Map<string, boolean>();
        for (const url of urlsOf(ZOOMED)) answered.set(url, (await statusOffline(world, url)) !== undefined);
        expect(before).toEqual(answered);
        expect(await ask()).toEqual(before);
        const atHoles = [...before].filter(([url]) => isHole(tileAt(url))).map(([, covered]) => covered);
        expect(new Set(atHoles)).toEqual(new Set(how === 'all' && !purged ? [true] : [true, false]));
      }
    },
  );

  it('is refused for a layer in another projection', async () => {
    const world = createRegionWorld({ layers: { roads: { crs: 'EPSG:4326', template: ROADS.template } } });
    await expect(coverage(world, [9, 53, 10, 54], 8)).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'layer' });
  });

  it('is computed without reading bodies of packs, even for tiles that another region holds', async () => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: SMALL });
    await world.ask({ action: 'save', spec: { ...SMALL, id: 'second', bounds: [9.6, 53.2, 11, 54] } });
    await world.finish();
    const view = [9.2, 53.3, 10.8, 53.8];
    await coverage(world, view, 10);
    const { slice } = Blob.prototype;
    let read = 0;
    Blob.prototype.slice = function (...given) {
      read += 1;
      return slice.apply(this, given);
    };
    const tiles = await coverage(world, view, 10).finally(() => (Blob.prototype.slice = slice));
    expect([tiles.every(({ covered }) => covered), tiles.length > 10, read]).toEqual([true, true, 0]);
  });

  it.each([false, true])(
    'takes the same work however much is stored; by a worker that has just started: %s',
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
        // Each tile is looked up once among those of maps. Each pack is opened once, and contains many tiles.
        expect(count).toBeLessThanOrEqual(tiles.length + (cold ? 2 : 0));
        reads.push(count);
      }
      expect(reads[1]).toBe(reads[0]);
    },
  );
});
