// A user logs out while requests for their tiles are in flight: after the ack, no tile of the user is stored.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LEAVING_MS } from '../../../sw/origin/leaving';
import type { assemble } from '../../../sw/assemble';
import { fakeTimers } from '../fakes/timers';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { createWorld, type World } from '../fakes/world';

const URL_1 = '/tiles/mine/3/1/2.bin';
const as = (user: string): RequestInit => ({ headers: { 'x-user': user } });
const partition = (request: Request) => request.headers.get('x-user') ?? undefined;
const options = { layers: { mine: { partition, maxAge: 3600 } } };
const tileOf = (request: Request) =>
  new Response(`of ${request.headers.get('x-user')}`, { headers: { 'content-type': 'application/octet-stream' } });

const clear = (cache: ReturnType<typeof assemble>, which: object = { partition: 'ada' }) =>
  new Promise<{ ok: boolean }>((resolve) => {
    void cache.message({ type: 'TILE_CLEAR', id: 'c', ...which }, { postMessage: resolve as never });
  });

/** A gate at which the test holds something. */
function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

let world: World;
beforeEach(() => {
  world = createWorld();
  world.answer = tileOf;
});

/** Returns every body in Cache Storage, including deleted caches with open handles. */
const bodies = (held: ReadonlySet<{ entries: ReadonlyMap<string, { body: Uint8Array | null }> }>) =>
  [...held].flatMap(({ entries }) =>
    [...entries.values()].map(({ body }) => new TextDecoder().decode(body ?? undefined)),
  );

describe('clear() for a user while a request of that user', () => {
  /** Storage in which the first step waits whose name begins with `step`. */
  function held(step: string, skip = 0) {
    const { opened, open } = gate();
    let left = skip;
    let reached = false;
    const storage = new FakeCacheStorage(async (what) => {
      if (!reached && what.startsWith(step) && what.includes('mine')) {
        if (left > 0) left -= 1;
        else {
          reached = true;
          await opened;
        }
      }
    });
    const all = new Set<any>();
    const opening = storage.open.bind(storage);
    storage.open = async (name) => {
      const cache = await opening(name);
      all.add(cache);
      return cache;
    };
    return { storage, open, reached: () => vi.waitFor(() => expect(reached).toBe(true)), all };
  }

  it('waits for the origin: the request is repeated, and its answer not stored, although the origin still allows it', async () => {
    const cache = world.start(options);
    const { opened, open } = gate();
    world.answer = async (request) => {
      await opened;
      return tileOf(request);
    };
    const early = world.get(cache, URL_1, as('ada'));
    await vi.waitFor(() => expect(world.asked).toHaveLength(1));
    expect(await clear(cache)).toMatchObject({ ok: true });
    open();
    expect(await (await early).text()).toBe('of ada');
    const names = [...world.caches.caches.values()];
    expect(bodies(new Set(names)).filter((body) => body === 'of ada')).toEqual([]);
    // A request that was sent before the clear and arrives after it gets an answer that is not stored.
    await world.get(cache, '/tiles/mine/3/1/3.bin', as('ada'));
    await world.get(cache, '/tiles/mine/3/1/3.bin', as('bob'));
    expect(bodies(new Set(world.caches.caches.values())).filter((body) => /^of/.test(body))).toEqual(['of bob']);
    // Later requests are those of a user who has logged in again.
    world.clock.now += LEAVING_MS;
    await world.get(cache, URL_1, as('ada'));
    const asked = world.asked.length;
    expect((await world.get(cache, URL_1, as('ada'))).headers.get('cache-status')).toContain('hit');
    expect(world.asked).toHaveLength(asked);
  });

  it.each([
    ['opens its cache', 'open'],
    ['checks whether something newer is stored', 'match'],
    ['writes its body', 'put'],
  ])('%s: no tile of the user is left, not even in caches with open handles', async (_, step) => {
    // The first read is the lookup of the request itself.
    const { storage, open, reached, all } = held(step, step === 'match' ? 1 : 0);
    const cache = world.start(options, { caches: storage.asStorage() });
    const early = world.get(cache, URL_1, as('ada'));
    await reached();
    expect(await clear(cache)).toMatchObject({ ok: true });
    open();
    await early;
    expect(bodies(all).filter((body) => body === 'of ada')).toEqual([]);
    const asked = world.asked.length;
    await world.get(cache, URL_1, as('ada'));
    expect(world.asked.length).toBeGreaterThan(asked);
  });

  it('freshens a tile with a HEAD: the tile does not come back', async () => {
    const { storage, open, reached } = held('match', 3);
    const cache = world.start({ ...options, memoryBytes: 0 }, { caches: storage.asStorage() });
    await world.get(cache, URL_1, as('ada'));
    world.clock.now += 4_000_000;
    const early = world.get(cache, URL_1, { ...as('ada'), method: 'HEAD' });
    await reached();
    expect(await clear(cache)).toMatchObject({ ok: true });
    open();
    await early;
    expect(bodies(new Set(storage.caches.values())).filter((body) => body === 'of ada')).toEqual([]);
  });
});

describe('clear()', () => {
  it('forgets a user whose name is a token of any length', async () => {
    const cache = world.start(options);
    const token = `Bearer ${'e'.repeat(900)}`;
    for (const user of [token, 'bob']) await world.get(cache, URL_1, as(user));
    expect(await clear(cache, { partition: token })).toMatchObject({ ok: true });
    const left = bodies(new Set(world.caches.caches.values())).filter((body) => /^of/.test(body));
    expect(left).toEqual(['of bob']);
  });

  it('rejects if the storage never answers', async () => {
    const storage = new FakeCacheStorage();
    const { pass, setTimeout, clearTimeout } = fakeTimers({ soon: 500 });
    const cache = world.start(options, { caches: storage.asStorage(), setTimeout, clearTimeout });
    /** Lets time pass until the work is done: threads compute hashes at their own pace. */
    const inTime = async <T>(work: Promise<T>) => {
      let isDone = false;
      const end = () => void (isDone = true);
      work.then(end, end);
      while (!isDone) await pass(1000);
      return work;
    };
    await inTime(world.get(cache, URL_1, as('ada')));
    expect([...storage.caches.values()].reduce((sum, { entries }) => sum + entries.size, 0)).toBeGreaterThan(0);
    storage.delete = () => new Promise(() => {});
    expect(await inTime(clear(cache))).toMatchObject({ ok: false, error: { code: 'STORAGE_FAILED' } });
    // Remaining tiles are not used in answers.
    world.answer = () => new Response('who are you', { status: 403 });
    expect((await inTime(world.get(cache, URL_1, as('ada')))).status).toBe(403);
  });

  it('succeeds if nothing was ever stored', async () => {
    const storage = new FakeCacheStorage();
    storage.keys = () => Promise.reject(new DOMException('forbidden', 'SecurityError'));
    storage.open = storage.keys as never;
    const cache = world.start(options, { caches: storage.asStorage() });
    expect(await clear(cache)).toMatchObject({ ok: true });
  });
});
