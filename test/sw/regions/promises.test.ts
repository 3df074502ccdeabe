// Promises of docs/regions.md about downloads that no other test checks.
import { IDBFactory } from 'fake-indexeddb';
import { describe, expect, it, vi } from 'vitest';
import type { RegionInfo, RegionSpec } from '../../../src/shared/regions';
import { rangeHolds } from '../../../src/shared/range';
import { regions } from '../../../sw/regions';
import { FakeCache } from '../fakes/fake-caches';
import { boundsOf, createRegionWorld, ROADS, type RegionWorld, SMALL, urlsOf } from './world';

const LARGE: RegionSpec = { id: 'large', layers: [ROADS], bounds: boundsOf(12, 2160, 1300, 16), zooms: [12, 12] };

const announce = (world: RegionWorld, manifest: object) =>
  new Promise<void>((resolve) => {
    const message = { type: 'TILE_VERSIONS', id: 'v', manifest, confirmedAt: world.clock.now };
    void world.worker.message(message as never, { postMessage: () => resolve() });
  });
const drive = (world: RegionWorld) => world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });
const only = async (world: RegionWorld) => (await world.ask<RegionInfo[]>({ action: 'list' }))[0]!;

describe('an update', () => {
  it('requests only tiles that a publication has changed', async () => {
    const world = createRegionWorld({ layers: { roads: { freshness: 'version', maxAge: 600 } } });
    const of = (version: string) => (path: string) =>
      new Response(`${version} ${path}`, {
        headers: { 'x-tile-version': version, 'content-type': 'application/octet-stream' },
      });
    world.content = of('v1');
    await announce(world, { version: 'v1' });
    await world.ask({ action: 'save', spec: SMALL });
    await world.finish();
    world.asked.length = 0;
    world.content = of('v2');
    const bbox: [number, number, number, number] = [9.1, 53.1, 9.2, 53.2];
    await announce(world, { version: 'v2', changes: [{ from: 'v1', bbox }] });
    expect(await world.finish()).toMatchObject([{ state: 'complete', versions: { roads: 'v2' } }]);
    const within = urlsOf(SMALL).filter((url) => {
      const [z, x, y] = url.split('/').slice(3).map(Number) as [number, number, number];
      return rangeHolds({ bbox, buffer: 1 }, { z, x, y });
    });
    expect(within.length).toBeLessThan(urlsOf(SMALL).length / 1.5);
    expect(world.tilesAsked().sort()).toEqual(within.sort());
  });

  it.each([
    ['elsewhere', [100, 10, 101, 11], 1],
    ['in the region', [9.1, 53.1, 9.2, 53.2], 2],
  ])('follows what the first manifest that is read says has changed %s', async (_, bbox, edition) => {
    const world = createRegionWorld();
    let version = 'v1';
    world.content = (path) =>
      new Response(`${version} ${path}`, {
        headers: { 'x-tile-version': version, 'content-type': 'application/octet-stream', 'cache-control': world.cc },
      });
    await world.ask({ action: 'save', spec: SMALL });
    await world.finish();
    version = 'v2';
    await announce(world, { version, changes: [{ from: 'v1', bbox }] });
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition }]);
  });

  it('fetches the new version if the version is in the path', async () => {
    const template = '/tiles/roads/{version}/{z}/{x}/{y}';
    const world = createRegionWorld({ layers: { roads: { freshness: 'version', maxAge: 600, template } } });
    const at = (version: string) => urlsOf(SMALL).map((url) => url.replace('roads/', `roads/${version}/`));
    await announce(world, { version: 'v1' });
    await world.ask({ action: 'save', spec: { ...SMALL, layers: ['roads'] } });
    expect(await world.finish()).toMatchObject([{ state: 'complete', versions: { roads: 'v1' } }]);
    expect(world.tilesAsked().sort()).toEqual(at('v1').sort());
    world.asked.length = 0;
    await announce(world, { version: 'v2' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', versions: { roads: 'v2' } }]);
    expect(world.tilesAsked().sort()).toEqual(at('v2').sort());
    world.clock.now += 30 * 86_400_000;
    for (const url of at('v2')) expect(await world.offline(url)).toBe(`one ${url}`);
  });
});

describe('a save', () => {
  it('is refused if the browser has too little space, with both numbers', async () => {
    const world = createRegionWorld();
    world.worker = world.start(
      { layers: { roads: { maxAge: 60 } }, regions: regions() },
      { estimate: async () => ({ usage: 900_000, quota: 950_000 }) },
    );
    world.content = (path) => path.padEnd(1000, '.');
    const refused = world.ask({ action: 'save', spec: LARGE });
    await expect(refused).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'bounds' });
    const message = await refused.catch((error: unknown) => String(error));
    const [needs, left] = /needs about (\d+) bytes.*left (\d+)/.exec(String(message))!.slice(1).map(Number);
    expect(needs).toBeGreaterThan(250_000);
    expect(left).toBeLessThanOrEqual(50_000);
    expect(await world.ask({ action: 'list' })).toEqual([]);
  });
});

describe('during its download, a region', () => {
  it('reports its rate and the remaining seconds, except when it is paused or complete', async () => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: LARGE });
    const { answer } = world;
    world.answer = (request) => {
      world.clock.now += 100;
      return answer(request);
    };
    await drive(world);
    const info = await only(world);
    expect(info.state).toBe('downloading');
    expect(info.rate).toBeGreaterThan(7);
    expect(info.rate).toBeLessThan(20);
    expect(info.remaining).toBeCloseTo((info.total - info.tiles) / info.rate!);
    const paused = await world.ask<RegionInfo>({ action: 'pause', region: 'large' });
    await world.ask({ action: 'resume', region: 'large' });
    const [complete] = await world.finish();
    expect([paused.state, complete!.state]).toEqual(['paused', 'complete']);
    for (const done of [paused, complete]) {
      expect(done).not.toHaveProperty('rate');
      expect(done).not.toHaveProperty('remaining');
    }
  });

  it('looks each tile up once, while the one before is on its way', async () => {
    const world = createRegionWorld({ layers: { roads: { maxAge: 60, concurrency: 2 } } });
    await world.ask({ action: 'save', spec: LARGE });
    const { answer } = world;
    const looked = new Set<string>();
    let looks = 0;
    vi.spyOn(FakeCache.prototype, 'match').mockImplementation(async (key) => {
      if (!key.includes('/@roads/tiles/')) return undefined;
      looked.add(key);
      looks += 1;
      return undefined;
    });
    const before = world.asked.length;
    let most = 0;
    world.answer = async (request) => {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, looks - (world.asked.length - before));
      return answer(request);
    };
    await drive(world);
    vi.restoreAllMocks();
    expect(most).toBe(1);
    expect(looks).toBe(looked.size);
    expect(looks).toBe(world.asked.length - before);
  });

  it('sends no requests once it is paused, and later only those for the rest', async () => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: LARGE });
    const { answer } = world;
    let pausing: Promise<unknown> | undefined;
    world.answer = (request) => {
      if (world.asked.length === 120) pausing = world.ask({ action: 'pause', region: 'large' });
      return answer(request);
    };
    await drive(world);
    await pausing;
    const asked = world.asked.length;
    expect(asked).toBeLessThanOrEqual(120 + 8);
    expect(await world.finish()).toMatchObject([{ state: 'paused' }]);
    expect(world.asked).toHaveLength(asked);
    await world.ask({ action: 'resume', region: 'large' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(world.asked.length).toBeLessThanOrEqual(urlsOf(LARGE).length + 8);
  });

  it.each([
    [2, 1],
    [8, 4],
  ])('of a layer with concurrency %i has at most %i requests in flight', async (concurrency, most) => {
    const world = createRegionWorld({ layers: { roads: { maxAge: 60, concurrency } } });
    await world.ask({ action: 'save', spec: LARGE });
    const { answer } = world;
    let [flying, highest] = [0, 0];
    world.answer = async (request) => {
      highest = Math.max(highest, (flying += 1));
      await new Promise((resolve) => setImmediate(resolve));
      flying -= 1;
      return answer(request);
    };
    expect(await world.finish()).toMatchObject([{ state: 'complete' }]);
    expect(highest).toBe(most);
  });

  it.each([true, false])('reports whether its storage is persistent: %s', async (persisted) => {
    const world = createRegionWorld();
    world.worker = world.start(
      { layers: { roads: { maxAge: 60 } }, regions: regions() },
      { estimate: async () => ({ usage: 0, quota: 1e9 }), persisted: async () => persisted },
    );
    expect(await world.ask({ action: 'save', spec: SMALL })).toMatchObject({ persisted });
    expect(await only(world)).toMatchObject({ persisted });
  });
});

describe('a layer with its version in the path', () => {
  const spec: RegionSpec = { ...SMALL, layers: ['roads'] };
  const begin = () => createRegionWorld({ layers: { roads: { template: '/t/{version}/{z}/{x}/{y}', maxAge: 60 } } });
  const query = { layer: 'roads', bounds: SMALL.bounds, zooms: [5, 5] };

  it('is refused before the first request until a version is known, and then follows it', async () => {
    const world = begin();
    for (const action of ['estimate', 'save'])
      await expect(world.ask({ action, spec })).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'layers[0]' });
    expect(await world.ask({ action: 'coverage', query })).toMatchObject([{ covered: false }]);
    expect(world.asked).toEqual([]);
    await announce(world, { version: 'v1' });
    await world.ask({ action: 'save', spec });
    expect(await world.finish()).toMatchObject([{ state: 'complete', versions: { roads: 'v1' } }]);
    expect(await world.ask({ action: 'coverage', query })).toMatchObject([{ covered: true }]);
    await announce(world, { version: 'v2' });
    world.asked.length = 0;
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2, versions: { roads: 'v2' } }]);
    expect(world.asked.every(({ url }) => url.includes('/t/v2/'))).toBe(true);
  });

  it('keeps its region after the loss of the ledger, which knew the version', async () => {
    const world = begin();
    await announce(world, { version: 'v1' });
    await world.ask({ action: 'save', spec });
    await world.finish();
    globalThis.indexedDB = new IDBFactory();
    world.restart();
    expect(await world.finish(5)).toMatchObject([{ edition: 1, failed: urlsOf(SMALL).length }]);
    await announce(world, { version: 'v1' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });
});
