import { beforeEach, describe, expect, it } from 'vitest';
import type { MovedStore } from '../../../sw/move-in/moved-store';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { fakeTimers } from '../fakes/timers';
import { fail, item, items, keyOf, NAME, ORIGIN, putOwn, storeOn } from './pack-items';
import { CACHE, createMoveWorld, PNG } from './world';

let caches: FakeCacheStorage;
let moved: MovedStore;
let pause: (what: string) => Promise<void>;
beforeEach(() => {
  pause = async () => {};
  caches = new FakeCacheStorage((what) => pause(what));
  moved = storeOn(caches);
});
const add = async (tiles: number, what: ReturnType<typeof items>) =>
  moved.add(await moved.store.open(NAME), NAME, tiles, what, fail);
const text = async (i: number, store = moved) => {
  const tile = await store.store.match(NAME, keyOf(i));
  return tile && (tile.blob ?? tile.response)?.text();
};
const entries = () => caches.caches.get(NAME)!.entries;
const part = (number: number) => `${ORIGIN}/__stc/0-0-${number}~moved`;
const large = (i: number) => item(i, String(i).padEnd(2_500_000, '.'));

describe('if a bucket has several packs', () => {
  beforeEach(async () => {
    for (let i = 0; i < 3; i += 1) await add(1, [large(i)]);
    expect([...entries().keys()].filter((key) => key.endsWith('~moved'))).toHaveLength(4);
  });

  it('evicting one leaves no hidden packs, from which a later move would restore removed tiles', async () => {
    await moved.store.delete(NAME, part(0));
    await moved.store.delete(NAME, keyOf(2));
    await add(1, [item(7)]);
    expect(await text(7, storeOn(caches))).toBe('tile 7');
    expect(await text(2, storeOn(caches))).toBeUndefined();
  });

  it('a damaged one hides only its own tiles', async () => {
    entries().get(part(1))!.body = new Uint8Array(50);
    const next = storeOn(caches);
    expect(await text(0, next)).toMatch(/^0\.+$/);
    expect(await text(1, next)).toBeUndefined();
    expect(await text(2, next)).toMatch(/^2\.+$/);
  });

  it('a damaged last one is replaced by the next tiles', async () => {
    entries().get(part(2))!.body = new Uint8Array(50);
    moved = storeOn(caches);
    await add(1, [item(7)]);
    expect(await text(7, storeOn(caches))).toBe('tile 7');
    expect(await text(0, storeOn(caches))).toMatch(/^0\.+$/);
    expect(entries().has(part(3))).toBe(false);
  });
});

describe('removing a tile', () => {
  it('does not uncover an older one if the worker is stopped in between', async () => {
    await add(2, items(0, 2));
    await putOwn(moved, 1, 'own');
    let effects = 0;
    const count = async (what: string) => void (effects += /^(delete|put)/.test(what) ? 1 : 0);
    pause = count;
    await moved.store.delete(NAME, keyOf(1));
    const all = effects;
    for (let stop = 0; stop < all; stop += 1) {
      moved = storeOn(caches, fakeTimers());
      await putOwn(moved, 1, 'own');
      let left = stop;
      pause = (what) => (/^(delete|put)/.test(what) && (left -= 1) < 0 ? new Promise(() => {}) : Promise.resolve());
      void moved.store.delete(NAME, keyOf(1));
      for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
      pause = async () => {};
      expect(['own', undefined]).toContain(await text(1, storeOn(caches)));
    }
  });

  it('does not uncover an older one if there is no index', async () => {
    await putOwn(moved, 1, 'own');
    await add(2, items(0, 2));
    await moved.store.delete(NAME, keyOf(0));
    for (let round = 0; round < 10; round += 1) {
      if (!(await moved.store.deleteFirst(NAME, 1))) break;
      for (const store of [moved, storeOn(caches)]) {
        expect(await text(0, store)).toBeUndefined();
        expect(['own', undefined]).toContain(await text(1, store));
      }
    }
    expect(entries().size).toBe(0);
  });
});

describe('a hanging disk', () => {
  it.each(['the list of sets', 'a pack'])(
    'after the headers of %s, delays a tile by a second at most',
    async (what) => {
      await add(2, items(0, 2));
      const timers = fakeTimers();
      const next = storeOn(caches, timers);
      const cache = caches.caches.get(NAME)!;
      const match = cache.match.bind(cache);
      cache.match = async (key) =>
        /~moved$/.test(key) && key.endsWith('/~moved') === (what !== 'a pack')
          ? new Response(new ReadableStream(), { status: 200 })
          : match(key);
      const reading = text(0, next).catch((error: Error) => error.name);
      await timers.pass(1000);
      expect(await reading).toBe('DeadlineMissed');
      cache.match = match;
      expect(await text(0, next)).toBe('tile 0');
    },
  );
});

describe('the list of sets', () => {
  it('is not a tile', async () => {
    await add(2, items(0, 2));
    expect(await moved.store.keys(NAME)).not.toContain(`${ORIGIN}/__stc/~moved`);
  });

  it('is written again if a cache is cleared before the first pack', async () => {
    const cache = await moved.store.open(NAME);
    await moved.store.drop([NAME]);
    await moved.add(cache, NAME, 2, items(0, 2), fail);
    await add(2, items(2, 4));
    expect(await text(2, storeOn(caches))).toBe('tile 2');
    expect(await text(0, storeOn(caches))).toBeUndefined();
  });
});

it('if some packs cannot be written, a move reports for each tile whether it was stored', async () => {
  const world = createMoveWorld();
  const url = (i: number) => `/tiles/roads/9/${i}/1.png`;
  for (let i = 0; i < 600; i += 1) await world.old(url(i));
  await world.move({ from: 'workbox', cache: CACHE });
  const next = await world.caches.open('next');
  for (let i = 600; i < 620; i += 1)
    await next.put(ORIGIN + url(i), new Response(PNG.slice(), { headers: { 'content-type': 'image/png' } }));
  world.pause = async (what) => {
    if (/^put .*\/0-[0-3]-0~moved$/.test(what)) throw new DOMException('full', 'QuotaExceededError');
  };
  const { taken, refused } = await world.move({ from: 'workbox', cache: 'next' });
  let stored = 0;
  for (let i = 600; i < 620; i += 1) if ((await world.offline(url(i)))?.status === 200) stored += 1;
  expect(taken).toBeGreaterThan(0);
  expect([taken, refused]).toEqual([stored, { quota: 20 - stored }]);
  // The index knows all packs, so eviction can remove them.
  const { layers } = await world.send<{ layers: Record<string, { tiles: number }> }>({ type: 'TILE_USAGE' });
  expect(layers['roads']!.tiles).toBe(8 + 600 + stored);
});
