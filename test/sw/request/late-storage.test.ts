// Storage that answers after its deadline, like a slow disk during the boot of a device, while there is no network.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { regions } from '../../../sw/regions';
import { pmtiles } from '../../../sw/pmtiles';
import { archiveOf, createArchiveHost, pyramid } from '../archives/archive-host';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { lateDatabases, sleeper } from '../fakes/late-databases';
import { fakeTimers, type FakeTimers } from '../fakes/timers';
import { createWorld, ORIGIN, type World } from '../fakes/world';
import { createRegionWorld, SMALL, urlsOf } from '../regions/world';

const path = '/tiles/roads/3/1/1';
const other = '/tiles/roads/3/1/2';

const ask = (cache: ReturnType<World['start']>, url = path, init?: RequestInit) => {
  const request = new Request(`${ORIGIN}${url}`, init);
  return cache.handle({ request, address: cache.match(request.url)! }).response;
};
const lateCaches = (world: World, pattern: RegExp) => {
  const { awake, wake } = sleeper();
  const caches = new FakeCacheStorage(async (what) => {
    if (pattern.test(what)) await awake;
  });
  Object.assign(caches, { caches: world.caches.caches });
  return { caches: caches.asStorage(), wake };
};
/** Waits until there is an answer. Digests and streams take turns of the event loop, independently of the clock. */
const answered = (clock: FakeTimers, seen: () => unknown) =>
  vi.waitFor(async () => {
    await clock.pass(1);
    if (seen() === 'waits') throw new Error('it still waits');
  }, 20_000);
/** Returns the answer of a request, or that it is still waiting. */
const watched = (answering: Promise<Response>) => {
  let seen: string | Error = 'waits';
  answering.then(
    async (response) => (seen = `${response.status} ${await response.text()}`),
    (error: Error) => (seen = error),
  );
  return () => seen;
};

describe('late storage', () => {
  let world: World;
  let clock: FakeTimers;
  beforeEach(async () => {
    world = createWorld();
    const cache = world.start();
    for (const stored of [path, other]) expect((await world.get(cache, stored)).status).toBe(200);
    world.asked.length = 0;
    world.answer = () => Promise.reject(new TypeError('no network'));
    clock = fakeTimers({ soon: 500 });
  });

  const kinds: Array<[string, () => { start: () => ReturnType<World['start']>; wake: () => void }]> = [
    [
      'the ledger',
      () => {
        const { wake } = lateDatabases(/ledger/);
        return { start: () => world.start({}, clock), wake };
      },
    ],
    ...['open', 'match'].map((what): (typeof kinds)[number] => [
      `Cache Storage at ${what}`,
      () => {
        const { caches, wake } = lateCaches(world, new RegExp(`^${what}`));
        return { start: () => world.start({}, { ...clock, caches }), wake };
      },
    ]),
  ];

  for (const [name, make] of kinds)
    describe(name, () => {
      it('is waited for if the network brings nothing', async () => {
        const { start, wake } = make();
        const cache = start();
        const both = [watched(ask(cache)), watched(ask(cache, other))];
        await clock.pass(4000);
        expect(both.map((seen) => seen())).toEqual(['waits', 'waits']);
        wake();
        for (const seen of both) await answered(clock, seen);
        expect(both.map((seen) => seen())).toEqual(['200 tile', '200 tile']);
      });

      it('is waited for if the origin fails', async () => {
        world.answer = () => new Response('down', { status: 503 });
        const { start, wake } = make();
        const seen = watched(ask(start()));
        await clock.pass(3000);
        wake();
        await answered(clock, seen);
        expect(seen()).toBe('200 tile');
      });

      it('delays no request that the network answers', async () => {
        world.answer = () => new Response('new', { headers: { 'content-type': 'application/octet-stream' } });
        const { start } = make();
        const seen = watched(ask(start()));
        await clock.pass(1000);
        expect(seen()).toBe('200 new');
      });

      it.each([
        ['HEAD', { method: 'HEAD' }, '200 '],
        ['a range', { headers: { range: 'bytes=0-1' } }, '206 ti'],
      ])('answers %s', async (_, init, expected) => {
        const { start, wake } = make();
        const seen = watched(ask(start(), path, init));
        await clock.pass(3000);
        wake();
        await answered(clock, seen);
        expect(seen()).toBe(expected);
      });

      it('that never answers costs one wait', async () => {
        const { start } = make();
        const cache = start();
        const seen = watched(ask(cache));
        await clock.pass(22_000);
        expect(seen()).not.toBe('waits');
        expect(seen()).not.toContain('200');
        // One of many requests checks whether storage answers now. The others do not wait.
        for (let i = 0; i < 3; i += 1) {
          const next = [path, other, '/tiles/roads/3/1/3', '/tiles/roads/3/1/4'].map((url) => watched(ask(cache, url)));
          await clock.pass(2000);
          expect(next.filter((seen) => seen() === 'waits').length).toBeLessThanOrEqual(1);
        }
      });

      it('does not send an unsafe request twice', async () => {
        const { start, wake } = make();
        const seen = watched(ask(start(), path, { method: 'POST', body: 'x' }));
        await clock.pass(2000);
        wake();
        await clock.pass(2000);
        expect(seen()).toBeInstanceOf(TypeError);
        expect(world.asked).toHaveLength(1);
      });
    });
});

describe('a command that arrives while the ledger is late', () => {
  it.each([
    { type: 'CACHE_INVALIDATE', layer: 'roads', id: 'a' },
    { type: 'TILE_VERSIONS', id: 'b', confirmedAt: 1, manifest: { layers: { roads: { version: '2', revision: 2 } } } },
    { type: 'TILE_CLEAR', id: 'c' },
  ])('$type is executed', async (message) => {
    const world = createWorld();
    await world.get(world.start(), path);
    const { wake } = lateDatabases(/ledger/);
    const clock = fakeTimers({ soon: 500 });
    const cache = world.start({}, clock);
    const acks: Array<{ ok: boolean }> = [];
    void cache.message(message as never, { postMessage: (ack: never) => acks.push(ack) });
    await clock.pass(3000);
    expect(acks).toEqual([]);
    wake();
    await answered(clock, () => acks[0] ?? 'waits');
    expect(acks).toMatchObject([{ ok: true }]);
  });
});

it('a logout that arrives while Cache Storage is late is executed', async () => {
  const world = createWorld();
  await world.get(world.start(), path);
  const { caches, wake } = lateCaches(world, /^keys/);
  const clock = fakeTimers({ soon: 500 });
  const cache = world.start({}, { ...clock, caches });
  const acks: Array<{ ok: boolean }> = [];
  void cache.message({ type: 'TILE_CLEAR', id: 'c' }, { postMessage: (ack: never) => acks.push(ack) });
  await clock.pass(3000);
  expect(acks).toEqual([]);
  wake();
  await answered(clock, () => acks[0] ?? 'waits');
  expect(acks).toMatchObject([{ ok: true }]);
  expect([...world.caches.caches.values()].flatMap(({ entries }) => [...entries.keys()])).toEqual([]);
});

describe('a region whose storage is late', () => {
  const [url] = urlsOf(SMALL) as [string];

  it.each(['regions database', 'packs'])('answers offline once its %s have answered', async (late) => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: SMALL });
    await world.finish();
    world.reachable = false;
    world.clock.now += 3_600_000;
    const databases = lateDatabases(late === 'packs' ? /^$/ : /regions/);
    const { caches, wake } = lateCaches(world, late === 'packs' ? /^match .*__stc\/pack\// : /^$/);
    // The request is not for tiles of other maps.
    for (const name of [...world.caches.caches.keys()]) if (!name.endsWith(':small')) world.caches.caches.delete(name);
    const clock = fakeTimers({ soon: 500 });
    const options = { regions: regions(), layers: { roads: { maxAge: 60 } } };
    const seen = watched(ask(world.start(options, { ...clock, caches }), url));
    await clock.pass(3000);
    expect(seen()).toBe('waits');
    databases.wake();
    wake();
    await answered(clock, seen);
    expect(seen()).toBe(`200 one ${url}`);
  });
});

describe('an archive whose store is late', () => {
  it('answers a range request of a page once the ledger has answered', async () => {
    const world = createWorld();
    const host = createArchiveHost(await archiveOf(pyramid('one', 5), { tileType: 'unknown' }));
    world.answer = (request) => host.answer(request);
    const options = { layers: { roads: { archive: '/data/roads.pmtiles' } }, archives: pmtiles() };
    const part = { headers: { range: 'bytes=0-6' } };
    await world.get(world.start(options), '/data/roads.pmtiles', part);
    world.answer = () => Promise.reject(new TypeError('no network'));
    const { wake } = lateDatabases(/ledger/);
    const clock = fakeTimers({ soon: 500 });
    const seen = watched(ask(world.start(options, clock), '/data/roads.pmtiles', part));
    await clock.pass(4000);
    expect(seen()).toBe('waits');
    wake();
    await answered(clock, seen);
    expect(seen()).toBe('206 PMTiles');
  });

  it.each(['a tile that was shown', 'a tile of a file that is stored as a whole'])(
    'answers %s offline',
    async (which) => {
      const world = createWorld();
      const whole = which !== 'a tile that was shown';
      const host = createArchiveHost(await archiveOf(pyramid('one', 5), { tileType: 'unknown' }), { noRanges: whole });
      world.answer = (request) => host.answer(request);
      const options = { layers: { roads: { archive: '/data/roads.pmtiles' } }, archives: pmtiles() };
      await world.get(world.start(options), '/tiles/roads/5/3/4');
      world.answer = () => Promise.reject(new TypeError('no network'));
      world.clock.now += 3_600_000;
      const { caches, wake } = lateCaches(world, /^match/);
      const clock = fakeTimers({ soon: 500 });
      const seen = watched(
        ask(world.start(options, { ...clock, caches }), whole ? '/tiles/roads/5/9/9' : '/tiles/roads/5/3/4'),
      );
      await clock.pass(4000);
      expect(seen()).toBe('waits');
      wake();
      await answered(clock, seen);
      expect(seen()).toMatch(/^200 .*one/);
    },
  );
});
