// The storage that regions use, free and protect.
import { describe, expect, it } from 'vitest';
import type { RegionSpec } from '../../../src/shared/regions';
import { FakeCache } from '../fakes/fake-caches';
import { seeded } from '../fakes/seeded';
import { boundsOf, createRegionWorld, ROADS, type RegionWorld, SMALL, urlsOf } from './world';

const urls = urlsOf(SMALL);
const KB = 1024;

/** Returns the bytes of all bodies in Cache Storage, without notes. */
const held = ({ caches }: RegionWorld): number =>
  [...caches.caches.values()].reduce(
    (sum, { entries }) =>
      sum + [...entries].reduce((all, [url, { body }]) => all + (url.includes('/pack/') ? (body?.length ?? 0) : 0), 0),
    0,
  );
const save = async (world: RegionWorld, spec: RegionSpec) => {
  await world.ask({ action: 'save', spec });
  return world.finish();
};
/** Returns a unique, incompressible tile. */
const own = (path: string) => tile(path.padEnd(12 * KB, `${path}.`));
const tile = (text: string) =>
  new Response(text, { headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' } });

describe('the storage of regions', () => {
  it('is that of one and a half regions if two overlap by half', async () => {
    const world = createRegionWorld();
    world.content = own;
    const spec = (id: string, x: number): RegionSpec => ({
      id,
      layers: [ROADS],
      bounds: boundsOf(12, x, 1300, 16),
      zooms: [12, 12],
    });
    await save(world, spec('one', 2160));
    const one = held(world);
    expect(urlsOf(spec('one', 2160))).toHaveLength(256);
    await save(world, spec('two', 2168));
    expect(held(world) / one).toBeLessThan(1.53);
    expect(held(world) / one).toBeGreaterThan(1.49);
    expect(new Set(world.tilesAsked()).size).toBe(world.tilesAsked().length);
  });

  it('is a third if seven of ten tiles are equal', async () => {
    const world = createRegionWorld();
    const spec: RegionSpec = { id: 'sea', layers: [ROADS], bounds: boundsOf(12, 2160, 1300, 20), zooms: [12, 12] };
    let count = 0;
    world.content = (path) => ((count += 1) % 10 < 7 ? tile('sea'.padEnd(12 * KB, '.')) : own(path));
    await save(world, spec);
    const all = urlsOf(spec).length * 12 * KB;
    expect(held(world) / all).toBeLessThan(0.36);
    expect(held(world) / all).toBeGreaterThan(0.28);
  });

  it('is at most maxBytes plus the tiles in flight if tiles are larger than those of the sample', async () => {
    const world = createRegionWorld();
    const spec: RegionSpec = { id: 'grown', layers: [ROADS], bounds: boundsOf(12, 2160, 1300, 16), zooms: [12, 12] };
    world.content = (path) => tile(path.padEnd(50, '.'));
    await world.ask({ action: 'save', spec: { ...spec, maxBytes: 60_000 } });
    const sampled = world.asked.length;
    world.content = (path) => tile(path.padEnd(5000, '.'));
    const [info] = await world.finish();
    expect(info).toMatchObject({ state: 'failed', error: { code: 'LIMIT_EXCEEDED', field: 'maxBytes' } });
    expect(info!.bytes).toBeGreaterThan(60_000);
    expect(info!.bytes).toBeLessThanOrEqual(60_000 + 8 * 5000);
    expect(world.asked.length - sampled).toBeLessThanOrEqual(12 + 8);
    // With more room, it continues where it was.
    await world.ask({ action: 'save', spec: { ...spec, maxBytes: 2_000_000 } });
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it('is at most maxBytes with the parts of a style', async () => {
    const world = createRegionWorld({
      layers: { roads: { maxAge: 60 }, assets: { template: ['/style.json', '/images/*'], maxAge: 60 } },
    });
    const sources = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`s${i}`, { type: 'image', url: `/images/${i}` }]),
    );
    const { content } = world;
    world.content = (path) =>
      path === '/style.json'
        ? Response.json({ version: 8, sources, layers: [] })
        : path.startsWith('/images/')
          ? tile(path.padEnd(5000, '.'))
          : content(path);
    await world.ask({ action: 'save', spec: { ...SMALL, style: 'https://map.example/style.json', maxBytes: 60_000 } });
    const [info] = await world.finish();
    expect(info).toMatchObject({ state: 'failed', error: { code: 'LIMIT_EXCEEDED', field: 'maxBytes' } });
    expect(world.asked.filter(({ url }) => url.includes('/images/')).length).toBeLessThanOrEqual(20);
  });

  it('is freed completely', async () => {
    const world = createRegionWorld();
    await save(world, SMALL);
    expect(held(world)).toBeGreaterThan(0);
    await world.ask({ action: 'remove', region: 'small' });
    expect(held(world)).toBe(0);
  });
});

describe('a region', () => {
  it.each(['no-cache', 'max-age=10, must-revalidate', 'no-store', 'max-age=10, stale-if-error=5'])(
    'loses no tile when a map later gets one that may not be shown offline: %s',
    async (cc) => {
      const world = createRegionWorld();
      await save(world, SMALL);
      world.clock.now += 3_600_000;
      world.content = (path) => `two ${path}`;
      world.cc = cc;
      const some = urls.slice(0, 5);
      for (const url of some) expect(await (await world.get(world.worker, url)).text()).toBe(`two ${url}`);
      world.clock.now += 3_600_000;
      for (const url of some) expect(await world.offline(url)).toBe(`one ${url}`);
    },
  );

  it.each([
    ['revalidate', 'one'],
    ['discard', undefined],
  ] as const)('loses no tile when there is a new version, as %s allows', async (versionPolicy, shown) => {
    const world = createRegionWorld({ layers: { roads: { maxAge: 60, versionPolicy } } });
    const announce = (version: string) =>
      new Promise<void>((resolve) => {
        const order = { type: 'CACHE_INVALIDATE', id: version, layer: 'roads', mode: 'stale', version };
        void world.worker.message(order, { postMessage: () => resolve() });
      });
    await announce('1');
    await save(world, SMALL);
    await announce('2');
    world.content = (path) => `two ${path}`;
    world.cc = 'no-cache';
    const [url] = urls as [string];
    await world.get(world.worker, url);
    world.clock.now += 3_600_000;
    expect(await world.offline(url)).toBe(shown && `${shown} ${url}`);
  });

  it('loses no tile through a thousand evictions and full storage', async () => {
    const world = createRegionWorld({ layers: { roads: { maxAge: 60, maxBytes: 40_000 } } });
    await save(world, SMALL);
    world.asked.length = 0;
    const random = seeded(3);
    const { put } = FakeCache.prototype;
    let [refused, evicted] = [0, 0];
    const remove = FakeCache.prototype.delete;
    FakeCache.prototype.put = async function (key, response) {
      if (random() < 0.2) {
        refused += 1;
        throw new DOMException('full', 'QuotaExceededError');
      }
      return put.call(this, key, response);
    };
    FakeCache.prototype.delete = function (key) {
      evicted += 1;
      return remove.call(this, key);
    };
    world.content = (path) => path.padEnd(5000, 'x');
    try {
      for (let i = 0; i < 1400; i += 1) await world.get(world.worker, `/tiles/roads/12/${i % 64}/${i >> 6}`);
    } finally {
      Object.assign(FakeCache.prototype, { put, delete: remove });
    }
    expect(refused).toBeGreaterThan(100);
    expect(evicted).toBeGreaterThan(1000);
    world.clock.now += 30 * 86_400_000;
    world.restart();
    for (const url of urls) expect(await world.offline(url)).toBe(`one ${url}`);
  }, 240_000);

  it('answers a thousand reads during an update from the old edition, and then from the new one', async () => {
    const world = createRegionWorld();
    world.cc = 'max-age=100000000';
    await save(world, SMALL);
    world.content = (path) => `two ${path}`;
    await world.ask({ action: 'update', region: 'small' });
    const random = seeded(5);
    const read: string[] = [];
    let updating = true;
    const finished = world.finish().then(() => (updating = false));
    while (read.length < 1000 || updating) {
      const url = urls[Math.floor(random() * urls.length)]!;
      const text = await (await world.get(world.worker, url)).text();
      expect(text.endsWith(url)).toBe(true);
      read.push(text.slice(0, 3));
    }
    await finished;
    for (let i = 0; i < 50; i += 1)
      read.push((await (await world.get(world.worker, urls[i % urls.length]!)).text()).slice(0, 3));
    const first = read.indexOf('two');
    expect(first).toBeGreaterThan(0);
    expect(new Set(read.slice(0, first))).toEqual(new Set(['one']));
    expect(new Set(read.slice(first))).toEqual(new Set(['two']));
  });
});
