// Incomplete editions, and how pages repair them.
import { describe, expect, it } from 'vitest';
import type { RegionInfo } from '../../../src/shared/regions';
import { afterBlock } from '../../../sw/regions/after-block';
import { globalTimers } from '../../../sw/util/deadline';
import { createRecords } from '../../../sw/regions/record-store';
import type { RegionRecord } from '../../../sw/regions/records';
import { boundsOf, createRegionWorld, type RegionWorld, SMALL, urlsOf } from './world';
import { FakeCache } from '../fakes/fake-caches';
import { ORIGIN } from '../fakes/world';

const urls = urlsOf(SMALL);
const DAY = 86_400_000;

const save = async (world: RegionWorld, change: object = {}) => {
  await world.ask({ action: 'save', spec: { ...SMALL, ...change } });
  const all = await world.finish();
  world.clock.now += DAY;
  return all;
};
const update = async (world: RegionWorld) => {
  await world.ask({ action: 'update', region: 'small' });
  return world.finish();
};
const inside = async (world: RegionWorld) => {
  const texts = [];
  for (const url of urls) texts.push((await world.offline(url))?.split(' ')[0]);
  return texts;
};
const generations = (world: RegionWorld) =>
  new Set(
    [...world.caches.caches.values()]
      .flatMap((cache) => [...cache.entries.keys()])
      .flatMap((path) => /\/pack\/(\d+)\//.exec(path)?.[1] ?? []),
  );

const told = async (world: RegionWorld): Promise<RegionInfo> => (await world.ask({ action: 'list' }))[0];
const usage = (world: RegionWorld) =>
  new Promise((resolve) => {
    const port = { postMessage: ({ result }: any) => resolve(result.regions) };
    void world.worker.message({ type: 'TILE_USAGE', id: 'usage' } as never, port as never);
  });

describe('an update that failed', () => {
  it('leaves nothing behind when the next one begins', async () => {
    const world = createRegionWorld();
    await save(world);
    for (let edition = 2; edition < 5; edition += 1) {
      world.content = (path) => (path === urls[20] ? new Response('no', { status: 403 }) : `${edition} ${path}`);
      expect(await update(world)).toMatchObject([{ state: 'incomplete', edition: 1 }]);
      world.clock.now += DAY;
    }
    // The current edition and the last draft.
    expect(generations(world)).toEqual(new Set(['1', '4']));
    world.content = (path) => `five ${path}`;
    expect(await update(world)).toMatchObject([{ state: 'complete', edition: 5 }]);
    await world.finish();
    expect(generations(world)).toEqual(new Set(['5']));
    expect(await inside(world)).toEqual(urls.map(() => 'five'));
  });

  it('does not become complete through tiles that it had to validate if a rule arrives meanwhile', async () => {
    const world = createRegionWorld();
    await save(world);
    let rule: Promise<void> | undefined;
    world.content = (path) => {
      const message = { type: 'CACHE_INVALIDATE', layer: 'roads', zooms: [5, 5] };
      rule ??= new Promise((resolve) => void world.worker.message(message, { postMessage: () => resolve() }));
      return path === urls[20] ? new Response('no', { status: 403 }) : `two ${path}`;
    };
    expect(await update(world)).toMatchObject([{ state: 'incomplete', edition: 1, failed: 1 }]);
    expect(rule).toBeDefined();
  });

  it('reports the size of the current edition during an update, and so does the usage', async () => {
    const world = createRegionWorld();
    await save(world, { maxBytes: 1500 });
    const before = await told(world);
    const used = { [SMALL.id]: { tiles: before.tiles, bytes: before.stored, layers: ['roads'] } };
    world.content = (path) => (path === urls[20] ? new Response('no', { status: 403 }) : `two, ${path}`);
    await world.ask({ action: 'update', region: 'small' });
    expect(await usage(world)).toEqual(used);
    await world.finish();
    const { tiles, bytes, stored } = before;
    expect(await told(world)).toMatchObject({ state: 'incomplete', failed: 1, edition: 1, tiles, bytes, stored });
    expect(await usage(world)).toEqual(used);
    world.content = (path) => `three and much longer ${path}`;
    await update(world);
    expect(await told(world)).toMatchObject({ state: 'failed', edition: 1, tiles, bytes, stored });
  });

  it('becomes complete through a resume even if its record does not list all failures', async () => {
    const world = createRegionWorld();
    await save(world);
    world.content = () => new Response('no', { status: 403 });
    expect(await update(world)).toMatchObject([{ state: 'incomplete', failed: urls.length }]);
    // Simulate a record with more failures than it can list.
    const records = createRecords(`${ORIGIN}/`, globalTimers);
    const [record] = await records.all();
    const draft = { ...record!.draft!, failed: record!.draft!.failed.slice(0, 2), more: true as const };
    await records.put({ ...record!, draft });
    world.restart();
    world.content = (path) => `two ${path}`;
    await world.ask({ action: 'resume', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2, tiles: urls.length }]);
    expect(await inside(world)).toEqual(urls.map(() => 'two'));
  });

  it('says so if there are more failures than a record can list', () => {
    const failed = Array.from({ length: 6000 }, (_, x) => ({
      layer: 'roads',
      tile: { z: 20, x, y: 0 },
      reason: '403',
    }));
    const block = (name: string, z: number) => ({
      block: { layer: 0, name, zoom: z, root: { z: z - 4, x: 0, y: 0 } },
      ordinal: 0,
      filled: {
        items: undefined,
        failed: failed.map((one) => ({ ...one, tile: { ...one.tile, z } })),
        tiles: 0,
        bytes: 0,
      },
      grown: 0,
      counted: { tiles: 0, bytes: 0 },
    });
    const layers = [{ layer: 'roads', template: '', ratios: [''], partition: '', cacheName: '' }];
    const begun = {
      layers,
      borrows: [],
      draft: { changed: [{}], failed: [], open: [], done: 0 },
    } as never as RegionRecord;
    const one = afterBlock(begun, block('20/0/0', 20));
    expect(one.draft!.more).toBeUndefined();
    const two = afterBlock(one, block('21/0/0', 21));
    expect(two.draft).toMatchObject({ more: true });
    expect(two.draft!.failed).toHaveLength(10_000);
  });
});

describe('an unattended region', () => {
  const drive = (world: RegionWorld) =>
    world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });
  const tell = (world: RegionWorld, message: object) =>
    new Promise<void>((resolve) => void world.worker.message(message as never, { postMessage: () => resolve() }));

  it('is updated after a failed update when its tiles change again', async () => {
    const world = createRegionWorld();
    await save(world);
    world.content = (path) => (path === urls[20] ? new Response('no', { status: 403 }) : `two ${path}`);
    expect(await update(world)).toMatchObject([{ state: 'incomplete', edition: 1 }]);
    world.content = (path) => `three ${path}`;
    expect(await drive(world)).toEqual({ again: undefined });
    await tell(world, { type: 'CACHE_INVALIDATE', layer: 'roads', zooms: [9, 9] });
    world.restart();
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2, failed: 0 }]);
    const isNew = (url: string) => url === urls[20] || url.startsWith('/tiles/roads/9/');
    expect(await inside(world)).toEqual(urls.map((url) => (isNew(url) ? 'three' : 'two')));
  });

  /** Returns a region whose update has found the storage full. */
  const full = async () => {
    const world = createRegionWorld();
    await save(world);
    world.content = (path) => `two ${path}`;
    await world.ask({ action: 'update', region: 'small' });
    const { put } = FakeCache.prototype;
    FakeCache.prototype.put = async () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    const result = await drive(world).finally(() => (FakeCache.prototype.put = put));
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'failed', edition: 1 }]);
    return { world, ...result };
  };

  it('tries again an hour after the storage was full', async () => {
    const { world, again } = await full();
    expect(again).toBe(3_600_000);
    world.restart();
    world.asked.length = 0;
    world.clock.now += 3_599_000;
    expect(await drive(world)).toEqual({ again: 1000 });
    expect(world.asked).toEqual([]);
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2 }]);
    expect(await inside(world)).toEqual(urls.map(() => 'two'));
  });

  it('tries again even if the clock was set back meanwhile', async () => {
    const { world } = await full();
    world.clock.now -= 30 * DAY;
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2 }]);
  });

  it.each<[string, (world: RegionWorld) => Promise<unknown>]>([
    ['is paused', (world) => world.ask({ action: 'pause', region: 'small' })],
    ['is cleared', (world) => tell(world, { type: 'TILE_CLEAR' })],
  ])('does not try again if it %s', async (_, order) => {
    const { world } = await full();
    await order(world);
    world.asked.length = 0;
    world.clock.now += DAY;
    expect(await drive(world)).toEqual({ again: undefined });
    expect(world.asked).toEqual([]);
  });

  it('is updated at once if a page requests it', async () => {
    const { world } = await full();
    expect(await update(world)).toMatchObject([{ state: 'complete', edition: 2 }]);
  });
});

describe('a tile that is missing in an update', () => {
  it.each([404, 204])('stays until the origin confirms after a while that it is missing: %i', async (status) => {
    const world = createRegionWorld();
    await save(world);
    const gone = new Set(urls.filter((_, i) => i % 2));
    world.content = (path) => (gone.has(path) ? new Response(null, { status }) : `two ${path}`);
    const kept = urls.map((url) => (gone.has(url) ? 'one' : 'two'));
    expect(await update(world)).toMatchObject([{ state: 'complete', edition: 2, failed: 0 }]);
    expect(await inside(world)).toEqual(kept);
    // This is too soon to be a proof.
    world.clock.now += 30_000;
    await update(world);
    expect(await inside(world)).toEqual(kept);
    world.clock.now += 31_000;
    expect(await update(world)).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(await inside(world)).toEqual(urls.map((url) => (gone.has(url) ? (status === 404 ? undefined : '') : 'two')));
  });

  it('no longer counts as missing when it is back', async () => {
    const world = createRegionWorld();
    await save(world);
    const gone = () => {
      world.content = (path) => (path === urls[7] ? new Response(null, { status: 404 }) : `two ${path}`);
      return update(world);
    };
    await gone();
    world.content = (path) => `two ${path}`;
    await update(world);
    world.clock.now += DAY;
    await gone();
    expect((await inside(world))[7]).toBe('two');
  });

  it.each<[string, () => Response]>([
    ['410', () => new Response(null, { status: 410 })],
    ['of a newer version', () => new Response(null, { status: 404, headers: { 'x-tile-version': 'v2' } })],
  ])('is removed at once: %s', async (_, none) => {
    const world = createRegionWorld();
    const of = (version: string, text: string) =>
      new Response(text, { headers: { 'x-tile-version': version, 'cache-control': 'max-age=60' } });
    world.content = (path) => of('v1', `one ${path}`);
    await save(world);
    world.content = (path) => (path === urls[7] ? none() : of('v1', `one ${path}`));
    await update(world);
    expect((await inside(world))[7]).toBeUndefined();
  });
});

describe('a style of a region', () => {
  const begin = () => {
    const world = createRegionWorld({
      layers: { roads: { maxAge: 60 }, assets: { template: ['/style.json', '/roads.json', '/sprites/*'], maxAge: 60 } },
    });
    const files: Record<string, object> = {
      '/style.json': {
        version: 8,
        sources: {
          roads: { type: 'vector', url: '/roads.json' },
          points: { type: 'geojson', data: '/sprites/points' },
        },
        layers: [],
      },
      '/roads.json': { tiles: ['/tiles/roads/{z}/{x}/{y}'] },
    };
    const content = (path: string) => (path in files ? new Response(JSON.stringify(files[path])) : `one ${path}`);
    const without = (missing: string, status: number) => {
      world.content = (path) => (path === missing ? new Response(null, { status }) : content(path));
    };
    world.content = content;
    return { world, without, content };
  };
  const STYLE = { style: `${ORIGIN}/style.json` };

  it('is counted once, however often it is updated', async () => {
    const { world } = begin();
    const [first] = await save(world, STYLE);
    expect(first).toMatchObject({ state: 'complete', tiles: urls.length + 3, total: urls.length + 3 });
    for (let i = 0; i < 3; i += 1) {
      expect(await update(world)).toMatchObject([{ tiles: urls.length + 3, total: urls.length + 3 }]);
      world.clock.now += DAY;
    }
  });

  it('is requested again by a resume if a part of it has failed in an update', async () => {
    const { world, without, content } = begin();
    await save(world, STYLE);
    without('/sprites/points', 403);
    expect(await update(world)).toMatchObject([{ state: 'incomplete', edition: 1, failed: 1 }]);
    world.content = content;
    await world.ask({ action: 'resume', region: 'small' });
    expect(await world.finish()).toMatchObject([
      { state: 'complete', edition: 2, tiles: urls.length + 3, total: urls.length + 3 },
    ]);
  });

  it.each([
    ['arrive after a minute', 60_000, { state: 'complete', failed: 0, tiles: urls.length + 9 }],
    ['never arrive', Infinity, { state: 'incomplete', failed: 8, tiles: urls.length + 1 }],
  ])('is waited for like tiles: parts that %s', async (_, until, end) => {
    const { world, content } = begin();
    const parts = Array.from({ length: 8 }, (_, i) => [`/sprites/${i}`, { type: 'geojson', data: `/sprites/${i}` }]);
    const style = JSON.stringify({ version: 8, sources: Object.fromEntries(parts), layers: [] });
    const begun = world.clock.now;
    const isDown = (path: string) => path.startsWith('/sprites/') && world.clock.now - begun < until;
    world.content = (path) => {
      if (isDown(path)) return new Response('no', { status: 500 });
      return path === '/style.json' ? new Response(style) : content(path);
    };
    expect(await save(world, STYLE)).toMatchObject([end]);
    // Seven pauses of up to a minute each.
    const waited = world.clock.now - begun - DAY;
    expect(waited).toBeGreaterThan(60_000);
    expect(waited).toBeLessThan(150_000);
  });

  it('is accepted as fetched if its host then answers only with errors', async () => {
    const { world, content } = begin();
    await world.ask({ action: 'save', spec: { ...SMALL, ...STYLE } });
    let isRead = false;
    world.content = (path) => {
      if (!(path in { '/style.json': 1, '/roads.json': 1, '/sprites/points': 1 })) return content(path);
      isRead ||= path === '/sprites/points';
      return isRead && path !== '/sprites/points' ? new Response('no', { status: 503 }) : content(path);
    };
    const begun = world.clock.now;
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0, tiles: urls.length + 3 }]);
    expect(world.clock.now - begun).toBeGreaterThan(100_000);
    expect(await world.offline('/style.json')).toContain('sources');
  });

  it.each(['/style.json', '/roads.json'])('is missing if its host does not have %s', async (path) => {
    const { world, without } = begin();
    without(path, 404);
    const [info] = await save(world, STYLE);
    expect(info).toMatchObject({ state: 'incomplete', failed: 1 });
    expect(info?.failures[0]?.reason).toBe(`404 for ${ORIGIN}${path}`);
  });

  it.each(['/style.json', '/roads.json'])('stays if its host has lost %s for a moment', async (path) => {
    const { world, without } = begin();
    await save(world, STYLE);
    without(path, 404);
    expect(await update(world)).toMatchObject([{ state: 'complete', edition: 2, failed: 0 }]);
    expect(await world.offline(path)).toContain('{');
  });
});

describe('a host that sends Retry-After', () => {
  it('repeatedly gets one request each time, and never those for a whole block', async () => {
    const world = createRegionWorld();
    // The region is one block of 256 tiles.
    const large = { ...SMALL, bounds: boundsOf(12, 2160, 1312, 16), zooms: [12, 12] };
    await world.ask({ action: 'save', spec: large });
    world.content = () => new Response('', { status: 429, headers: { 'retry-after': '60' } });
    const begun = world.asked.length;
    const asked: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      const before = world.asked.length;
      const { again } = await world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });
      asked.push(world.asked.length - before);
      if (again === undefined) break;
      world.clock.now += again;
    }
    expect(begun).toBeGreaterThan(0);
    // At the start, as many requests as the layer allows; after that one at a time, except for a few batches that all fail.
    expect(Math.max(...asked)).toBeLessThanOrEqual(16 + 6);
    expect(asked.filter((count) => count > 1).length).toBeLessThanOrEqual(3);
    world.content = (path) => `one ${path}`;
    await world.finish();
    await world.ask({ action: 'resume', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it('during a sample gets no requests before that time, while other hosts do', async () => {
    const elsewhere = 'https://tiles.example/base/{z}/{x}/{y}';
    const world = createRegionWorld({ layers: { roads: { maxAge: 60 }, base: { maxAge: 60, template: elsewhere } } });
    let busy = true;
    const isBusy = (url: string) => busy && url.startsWith(ORIGIN);
    const { answer } = world;
    world.answer = (request) =>
      isBusy(request.url) ? new Response('', { status: 429, headers: { 'retry-after': '60' } }) : answer(request);
    await world.ask({ action: 'save', spec: { ...SMALL, layers: [...SMALL.layers, 'base'] } });
    const atBusy = () => world.asked.filter(({ url }) => url.startsWith(ORIGIN)).length;
    // Only the requests in flight at the first refusal.
    const before = atBusy();
    expect(before).toBeLessThanOrEqual(6);
    expect(world.asked.length).toBeGreaterThan(20);
    expect(await world.ask({ action: 'drive', metered: false, online: true })).toEqual({ again: 60_000 });
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'waiting', reason: 'busy' }]);
    expect(atBusy()).toBe(before);
    busy = false;
    world.clock.now += 60_000;
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });
});

describe('a host that answers 500 to everything', () => {
  it('gets pauses that double up to a minute, and then a minute before each block', async () => {
    const world = createRegionWorld();
    // The region has four blocks of 256 tiles.
    const large = { ...SMALL, bounds: boundsOf(12, 2160, 1312, 32), zooms: [12, 12] };
    await world.ask({ action: 'save', spec: large });
    world.content = () => new Response('no', { status: 500 });
    const waits: number[] = [];
    for (let i = 0; i < 100; i += 1) {
      const { again } = await world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });
      if (again === undefined) break;
      if (again > 0) waits.push(again / 1000);
      world.clock.now += again;
    }
    // Seven for the first block, one for each other block, and one for each block in the second pass.
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60]);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'incomplete' }]);
    world.content = (path) => `one ${path}`;
    await world.ask({ action: 'resume', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', failed: 0 }]);
  });
});
