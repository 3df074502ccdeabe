// Storage that never answers: the fakes below return promises that never settle.
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { fakeTimers, settle, type FakeTimers } from '../fakes/timers';
import { createWorld, ORIGIN, type World } from '../fakes/world';

const never = <T>() => new Promise<T>(() => {});
const path = '/tiles/roads/3/1/1';

describe('storage that never answers', () => {
  let world: World;
  let clock: FakeTimers;
  beforeEach(() => {
    world = createWorld();
    clock = fakeTimers({ soon: 500 });
  });

  const ask = (cache: ReturnType<World['start']>, url = path) => {
    const request = new Request(`${ORIGIN}${url}`);
    return cache.handle({ request, address: cache.match(request.url)! });
  };
  const statusOf = async (answer: Promise<Response>) => (await answer).headers.get('cache-status');

  describe('the ledger', () => {
    /** An `indexedDB.open` whose requests never settle until `open` is called. */
    const hangingDatabase = () => {
      const real = indexedDB;
      let hangs = true;
      globalThis.indexedDB = new Proxy(real, {
        get: (target, name) => {
          const value = Reflect.get(target, name) as unknown;
          if (name !== 'open') return typeof value === 'function' ? value.bind(target) : value;
          return (...args: Parameters<IDBFactory['open']>) => {
            if (!hangs) return target.open(...args);
            // A real request whose events nobody receives.
            const request = target.open(`never ${args[0]}`, 1);
            request.addEventListener = () => {};
            return request;
          };
        },
      });
      return { heal: () => (hangs = false) };
    };

    it('costs one second, once: tiles come from the network, with a detail that says why', async () => {
      hangingDatabase();
      const cache = world.start({}, clock);
      const first = ask(cache).response;
      await settle();
      expect(world.asked).toHaveLength(0);
      await clock.pass(1000);
      expect(await statusOf(first)).toBe('sw-tile-cache; fwd=bypass; fwd-status=200; detail=storage');
      // Later tiles do not wait at all.
      expect(await statusOf(ask(cache, '/tiles/roads/3/1/2').response)).toContain('detail=storage');
    });

    it('does not delay activation, and no purge is acked', async () => {
      hangingDatabase();
      const cache = world.start({}, clock);
      let active = false;
      void cache.activate().then(() => (active = true));
      await clock.pass(2000);
      expect(active).toBe(true);
      const acks: Array<{ ok: boolean; error?: { code: string } }> = [];
      const port = { postMessage: (message: never) => acks.push(message) };
      void cache.message({ type: 'CACHE_INVALIDATE', layer: 'roads', id: 'a' }, port);
      await clock.pass(6000);
      expect(acks).toMatchObject([{ ok: false, error: { code: 'STORAGE_FAILED' } }]);
    });

    it('is used once it opens', async () => {
      const database = hangingDatabase();
      const cache = world.start({}, clock);
      const first = ask(cache).response;
      await clock.pass(1000);
      await first;
      database.heal();
      await clock.pass(5000);
      // This request discovers it, and does not wait for it.
      await ask(cache).response;
      await settle(50);
      expect(cache.ledger.state).toBeDefined();
      await world.get(cache, path);
      expect(await statusOf(world.get(cache, path))).toContain('hit');
    });
  });

  describe('Cache Storage', () => {
    /** Makes calls hang whose names match: `open`, `match`, `put`, `keys`, `drop`, `delete`. */
    const hanging = (pattern: RegExp) => {
      let hangs = true;
      const caches = new FakeCacheStorage(async (what) => {
        if (hangs && pattern.test(what)) await never();
      });
      Object.assign(caches, { caches: world.caches.caches });
      return { caches: caches.asStorage(), heal: () => (hangs = false) };
    };

    for (const what of ['open', 'match', 'open|match|put|keys|drop|delete']) {
      it(`that hangs at ${what} costs one second, once`, async () => {
        const { caches } = hanging(new RegExp(`^(${what})`));
        const cache = world.start({}, { ...clock, caches });
        const first = ask(cache).response;
        await clock.pass(1000);
        expect(await statusOf(first)).toMatch(/fwd-status=200.*detail=storage/);
        expect(await (await first).text()).toBe('tile');
        const second = ask(cache, '/tiles/roads/3/1/2').response;
        await settle();
        expect(await statusOf(second)).toMatch(/detail=storage/);
        let active = false;
        void cache.activate().then(() => (active = true));
        await clock.pass(2500);
        expect(active).toBe(true);
      });
    }

    it('a hanging put blocks neither the answer nor the next request for that tile, and other tiles are stored', async () => {
      const { caches } = hanging(/^put .*3\/1\/1\?/);
      const cache = world.start({ layers: { roads: { staleIfError: 600 } } }, { ...clock, caches });
      const first = ask(cache).response;
      await settle();
      expect(await (await first).text()).toBe('tile');
      const second = ask(cache).response;
      await clock.pass(1000);
      expect(await (await second).text()).toBe('tile');
      const third = ask(cache).response;
      await clock.pass(1000);
      expect(await statusOf(third)).toMatch(/fwd=uri-miss; fwd-status=200$/);
      await world.get(cache, '/tiles/roads/3/1/2');
      expect(await statusOf(world.get(cache, '/tiles/roads/3/1/2'))).toContain('hit');
    });

    it('a hanging put delays the answer to a HEAD by a second at most', async () => {
      let tiles = 0;
      const caches = new FakeCacheStorage(async (what) => {
        if (/^put .*3\/1\/1\?/.test(what) && (tiles += 1) > 1) await never();
      });
      const cache = world.start({ layers: { roads: {} } }, { ...clock, caches: caches.asStorage() });
      await world.get(cache, path);
      await clock.pass(3000);
      expect(tiles).toBe(1);
      world.clock.now += 100_000;
      world.answer = () => new Response(null, { headers: { etag: '"new"' } });
      const request = new Request(`${ORIGIN}${path}`, { method: 'HEAD' });
      const { response } = cache.handle({ request, address: cache.match(request.url)! });
      await clock.pass(1000);
      expect(tiles).toBe(2);
      expect(await Promise.race([statusOf(response), settle().then(() => 'waits')])).toMatch(/fwd-status=200/);
    });

    it('is used again when it answers', async () => {
      const { caches, heal } = hanging(/^(open|match)/);
      const cache = world.start({}, { ...clock, caches });
      const first = ask(cache).response;
      await clock.pass(1000);
      await first;
      heal();
      // Calls that wait for the store give up, and then the pause between two attempts follows.
      await clock.pass(15_000);
      await world.get(cache, path);
      expect(await statusOf(world.get(cache, path))).toContain('hit');
    });
  });
});
