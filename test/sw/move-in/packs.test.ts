import { beforeEach, describe, expect, it } from 'vitest';
import { bucketOf, bucketsFor, readSets, setFor } from '../../../sw/move-in/buckets';
import type { MovedStore } from '../../../sw/move-in/moved-store';
import type { PackItem } from '../../../sw/store/pack';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { noIndex } from '../fakes/no-index';
import { fail, item, items, keyOf, meta, NAME, ORIGIN, putOwn, storeOn } from './pack-items';
import { ago, CACHE, createMoveWorld, TILE, type MoveWorld } from './world';

let caches: FakeCacheStorage;
let moved: MovedStore;
beforeEach(() => {
  caches = new FakeCacheStorage();
  moved = restarted();
});
/** Another worker on the same storage. */
const restarted = () => storeOn(caches);
const add = async (tiles: number, what: PackItem[], store = moved) =>
  store.add(await store.store.open(NAME), NAME, tiles, what, fail);
const text = async (i: number, store = moved) => (await store.store.match(NAME, keyOf(i)))?.blob?.text();
const bytesAt = (key: string) => caches.caches.get(NAME)!.entries.get(key)!.body!;
const packs = () => [...caches.caches.get(NAME)!.entries.keys()].filter((key) => /-\d+~moved$/.test(key));

describe('tiles in packs', () => {
  it('are found by this worker and the next, and have a mark of their origin', async () => {
    await add(1000, items(0, 1000));
    for (const store of [moved, restarted()]) {
      for (const i of [0, 1, 500, 999]) expect(await text(i, store)).toBe(`tile ${i}`);
      expect(await text(1000, store)).toBeUndefined();
      const tile = (await store.store.match(NAME, keyOf(7)))!;
      expect(tile.meta).toEqual(meta);
      expect([...tile.headers]).toEqual([['content-type', 'image/png']]);
      expect(await store.provenance(NAME, keyOf(7))).toEqual({ job: 'job', from: 'workbox:a;b' });
      expect(await store.provenance(NAME, keyOf(1000))).toBeUndefined();
    }
    expect(packs()).toHaveLength(bucketsFor(1000));
    expect(await moved.store.keys(NAME)).toEqual(expect.arrayContaining([keyOf(0), keyOf(999)]));
  });

  it('of several moves are all found, however many; of two with the same key, the later one', async () => {
    await add(10, items(0, 10));
    await add(20, [...items(10, 20), item(3, 'again')]);
    await add(5000, items(20, 300));
    await add(5000, items(300, 400));
    expect(readSets(new TextDecoder().decode(bytesAt(`${ORIGIN}/__stc/~moved`)))).toEqual([1, 64]);
    for (const store of [moved, restarted()])
      for (const i of [0, 3, 9, 10, 19, 20, 299, 300, 399])
        expect(await text(i, store)).toBe(i === 3 ? 'again' : `tile ${i}`);
  });

  it('fill several packs if a bucket holds many bytes', async () => {
    const large = (i: number) => item(i, String(i).padEnd(1_500_000, '.'));
    for (let i = 0; i < 6; i += 1) await add(1, [large(i)]);
    expect(packs()).toHaveLength(3);
    await add(
      1,
      Array.from({ length: 6 }, (_, i) => large(6 + i)),
    );
    expect(packs()).toHaveLength(6);
    for (let i = 0; i < 12; i += 1) expect(await text(i, restarted())).toMatch(new RegExp(`^${i}\\.+$`));
  });

  it('are complete when several writes concern one bucket', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => add(i % 2 ? 1 : 100, [item(i)])));
    for (let i = 0; i < 20; i += 1) expect(await text(i, restarted())).toBe(`tile ${i}`);
  });

  it('that are damaged are not found; the others are', async () => {
    await add(2, items(0, 2));
    const [key] = packs() as [string];
    const entry = caches.caches.get(NAME)!.entries.get(key)!;
    const bytes = bytesAt(key).slice();
    bytes[bytes.length - 1]! ^= 1;
    entry.body = bytes;
    expect(await text(1, restarted())).toBeUndefined();
    expect(await text(0, restarted())).toBe('tile 0');
    entry.body = bytes.slice(0, 50);
    expect(await text(0, restarted())).toBeUndefined();
  });
});

describe('a tile in an entry of its own', () => {
  const stored = async (store = moved) => (await store.store.match(NAME, keyOf(1)))?.response?.text();

  it('takes precedence over one in a pack, and its removal does not restore that one', async () => {
    await add(2, items(0, 2));
    await putOwn(moved, 1, 'own');
    expect(await stored()).toBe('own');
    expect(await moved.provenance(NAME, keyOf(1))).toBe('other');
    expect(await moved.store.delete(NAME, keyOf(1))).toBe(true);
    for (const store of [moved, restarted()]) {
      expect(await store.store.match(NAME, keyOf(1))).toBeUndefined();
      expect(await store.provenance(NAME, keyOf(1))).toBe('other');
      expect(await text(0, store)).toBe('tile 0');
    }
    await putOwn(moved, 1, 'newer');
    expect(await stored(restarted())).toBe('newer');
  });

  it('is removed without a marker if no pack contains it', async () => {
    await add(2, items(0, 2));
    await putOwn(moved, 5, 'own');
    await moved.store.delete(NAME, keyOf(5));
    expect(caches.caches.get(NAME)!.entries.has(keyOf(5))).toBe(false);
    expect(await moved.store.delete(NAME, keyOf(6))).toBe(false);
  });

  it('remains when the pack is evicted', async () => {
    await add(2, items(0, 2));
    await putOwn(moved, 1, 'own');
    for (const key of packs()) expect(await moved.store.delete(NAME, key)).toBe(true);
    expect(await text(0)).toBeUndefined();
    expect(await stored()).toBe('own');
  });

  it('and packs disappear with their cache, and may be written again', async () => {
    await add(2, items(0, 2));
    await moved.store.drop([NAME]);
    expect(await text(0)).toBeUndefined();
    await add(2, items(1, 2));
    expect(await text(0)).toBeUndefined();
    expect(await text(1, restarted())).toBe('tile 1');
  });
});

describe('buckets', () => {
  it('hold some hundred tiles, and a later move of many more uses other buckets', () => {
    expect([0, 1, 128, 129, 10_000, 1e9].map(bucketsFor)).toEqual([1, 1, 1, 2, 128, 4096]);
    expect(setFor([], 10_000)).toEqual({ number: 0, buckets: 128 });
    expect(setFor([128], 20_000)).toEqual({ number: 0, buckets: 128 });
    expect(setFor([128], 1)).toEqual({ number: 0, buckets: 128 });
    expect(setFor([128], 100_000)).toEqual({ number: 1, buckets: 1024 });
    expect(setFor([1, 4, 16, 64, 256, 1024, 4096], 1e9)).toEqual({ number: 6, buckets: 4096 });
  });

  it('are the same for a tile, whatever its credentials and version', () => {
    const key = `${ORIGIN}/__stc/@roads/tiles/9/1/1.png?__stc=`;
    const alike = ['', 'abc', 'abc~v123', 'x.y~variant.group'].map((rest) => bucketOf(key + rest, 4096));
    expect(new Set(alike).size).toBe(1);
    expect(bucketOf(`${ORIGIN}/__stc/@roads/tiles/9/1/2.png?__stc=`, 4096)).not.toBe(alike[0]);
  });

  it.each(['', 'x', '{}', '[0]', '[1.5]', '["1"]', '[8192]', '[1,1,1,1,1,1,1,1,1]'])(
    'are not found if the mark is damaged: %s',
    (mark) => expect(readSets(mark)).toEqual([]),
  );
});

describe('a tile that is removed', () => {
  let world: MoveWorld;
  const gone = () => new Response('', { status: 410, headers: { 'cache-control': 'no-store' } });
  beforeEach(async () => {
    world = createMoveWorld({ layers: { roads: { staleIfError: 86_400, negativeMaxAge: 0 } } });
    await world.old(TILE, { date: ago(world, 7200), 'cache-control': 'max-age=3600' });
    await world.old('/tiles/roads/6/33/23.png', { date: ago(world, 60), 'cache-control': 'max-age=3600' });
    world.answer = gone;
  });
  const remove = async () => expect((await world.get(world.worker, TILE)).status).toBe(410);
  const isGone = async () => {
    world.answer = () => Promise.reject(new TypeError('no network'));
    for (let starts = 0; starts < 2; starts += 1) {
      expect(await world.offline(TILE)).not.toMatchObject({ status: 200 });
      expect((await world.offline('/tiles/roads/6/33/23.png'))?.status).toBe(200);
      world.restart({}, { index: noIndex });
    }
  };

  it('after it was taken over does not come back', async () => {
    expect(await world.move({ from: 'workbox', cache: CACHE })).toMatchObject({ taken: 2 });
    await remove();
    await isGone();
    expect(await world.move({ from: 'workbox', cache: CACHE })).toMatchObject({ taken: 0, skipped: 2 });
    await isGone();
  });

  it('while its pack is being written does not come back', async () => {
    world.pause = async (what) => {
      if (!/^put .*-\d+~moved$/.test(what)) return;
      world.pause = async () => {};
      world.answer = () => new Response('own', { headers: { 'content-type': 'application/octet-stream' } });
      await world.get(world.worker, TILE);
      world.answer = gone;
      await remove();
    };
    expect(await world.move({ from: 'workbox', cache: CACHE })).toMatchObject({ taken: 1, skipped: 1 });
    await isGone();
  });
});
