import { beforeEach, describe, expect, it } from 'vitest';
import type { MoveInProgress } from '../../../src/shared/move-in';
import { bucketAt, bucketsFor, positionOf } from '../../../sw/move-in/buckets';
import { inOrder, sliceOf } from '../../../sw/move-in/order';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { noIndex } from '../fakes/no-index';
import { ago, CACHE, createMoveWorld, noteExpiration, PNG, TILE, type MoveWorld } from './world';

let world: MoveWorld;
beforeEach(() => (world = createMoveWorld()));

const move = (more: Parameters<MoveWorld['move']>[1] = {}, what: object = {}) =>
  world.move({ from: 'workbox', cache: CACHE, ...what }, more);
const url = (i: number) => `/tiles/roads/9/${i % 500}/${Math.floor(i / 500)}.png`;
const fill = async (count: number) => {
  for (let i = 0; i < count; i += 1) await world.old(url(i), { date: ago(world, 60), 'cache-control': 'max-age=3600' });
};

describe('many tiles', () => {
  it('10,000 are taken over in slices, without a request', async () => {
    world.restart({}, { index: noIndex });
    await fill(10_000);
    const seen: MoveInProgress[] = [];
    const result = await move({ onProgress: (progress) => void seen.push(progress) });
    expect(result).toEqual({ taken: 10_000, refused: {}, skipped: 0, deleted: 0 });
    expect(seen.length).toBeGreaterThanOrEqual(10);
    expect(seen.at(-1)).toEqual({ ...result, seen: 10_000, total: 10_000 });
    expect(world.asked).toEqual([]);
    for (const i of [0, 4999, 9999]) expect((await world.offline(url(i)))?.status).toBe(200);
    expect(world.asked).toEqual([]);
  });

  it('are listed from the expiration plugin’s database if the browser cannot list them', async () => {
    await fill(3);
    await noteExpiration({ [url(0)]: 1, [url(1)]: 1, [url(2)]: 1, '/tiles/roads/9/0/9.png': 1 });
    const cache = await world.caches.open(CACHE);
    cache.keys = () => Promise.reject(new RangeError('Operation too large'));
    expect(await move()).toMatchObject({ taken: 3, refused: { unreadable: 1 } });
  });

  it('are counted in the usage of the layer, and are in the index', async () => {
    await fill(20);
    await move();
    await world.worker.settled();
    const usage = await world.send<{ layers: Record<string, { tiles: number; bytes: number }> }>({
      type: 'TILE_USAGE',
    });
    expect(usage.layers['roads']!.bytes).toBeGreaterThanOrEqual(20 * PNG.length);
    expect(usage.layers['roads']!.tiles).toBeGreaterThanOrEqual(20);
  });
});

describe('a worker that is stopped', () => {
  it.each(['take', 'delete'] as const)(
    'in the pass "%s" continues where it was, and counts each tile once',
    async (pass) => {
      world.restart({}, { index: noIndex });
      await fill(1200);
      let slices = 0;
      const result = await move(
        {
          between: () => {
            slices += 1;
            if (slices === (pass === 'take' ? 2 : 4)) world.restart({}, { index: noIndex });
          },
        },
        { deleteAfter: true },
      );
      expect(result).toEqual({ taken: 1200, refused: {}, skipped: 0, deleted: 1200 });
      expect(world.oldUrls()).toEqual([]);
    },
  );

  it('in the middle of a slice gets the slice again, and counts tiles taken over before the stop', async () => {
    world.restart({}, { index: noIndex });
    await fill(400);
    let puts = 0;
    world.pause = async (what) => {
      // From here on, writes of the stopped worker have no effect.
      if (what.startsWith('put') && ++puts > 3) await new Promise(() => {});
    };
    const lost = move();
    while (puts <= 3) await new Promise((resolve) => setImmediate(resolve));
    void lost.catch(() => {});
    const before = world.caches;
    world.caches = new FakeCacheStorage();
    for (const [name, { entries }] of before.caches)
      for (const [key, entry] of entries) (await world.caches.open(name)).entries.set(key, entry);
    world.restart();
    const result = await move();
    expect(result.taken + result.skipped).toBe(400);
    expect(result.skipped).toBeGreaterThan(50);
    expect((await world.offline(url(399)))?.status).toBe(200);
  });

  it('answers a repeated slice like the first time', async () => {
    await fill(5);
    const message = { type: 'TILE_MOVE_IN', from: 'workbox', cache: CACHE, job: 'a', pass: 'take' };
    const [one, two] = await Promise.all([world.send({ id: '1', ...message }), world.send({ id: '1', ...message })]);
    expect(one).toEqual(two);
    world.restart();
    expect(await world.send({ id: '2', ...message })).toEqual(one);
  });

  it('can be aborted by the page, and keeps tiles taken over so far', async () => {
    await fill(1100);
    const stop = new Error('enough');
    let slices = 0;
    const work = move({
      between: () => {
        if ((slices += 1) > 1) throw stop;
      },
    });
    await expect(work).rejects.toBe(stop);
    const { taken, skipped } = await move();
    expect([taken > 0, skipped > 0, taken + skipped]).toEqual([true, true, 1100]);
  });
});

describe('room', () => {
  it('of the browser: tiles that do not fit are refused, and stored ones stay', async () => {
    world.answer = () => new Response('own', { headers: { 'content-type': 'application/octet-stream' } });
    await world.get(world.worker, '/tiles/roads/1/1/1.png');
    await fill(300);
    let packs = 0;
    world.pause = async (what) => {
      if (/^put .*-.*~moved$/.test(what) && ++packs > 1) throw new DOMException('full', 'QuotaExceededError');
    };
    const { taken, refused, skipped, deleted } = await move({}, { deleteAfter: true });
    expect(taken).toBeGreaterThan(30);
    expect({ refused, skipped, deleted }).toEqual({ refused: { quota: 300 - taken }, skipped: 0, deleted: taken });
    expect(world.oldUrls()).toHaveLength(300 - taken);
    world.answer = () => Promise.reject(new TypeError('no network'));
    expect(await (await world.offline('/tiles/roads/1/1/1.png'))!.text()).toBe('own');
  });

  it.each([
    ['entries of the layer', { layers: { roads: { maxEntries: 50 } } }, 50],
    ['bytes of the layer', { layers: { roads: { maxBytes: 10 * PNG.length } } }, 10],
    ['bytes of all layers', { maxBytes: 10 * PNG.length, layers: { roads: {} } }, 10],
  ])('%s: no more tiles are taken over than can stay', async (_, options, most) => {
    world = createMoveWorld(options);
    await fill(100);
    const { taken, refused } = await move();
    expect(taken).toBe(most);
    expect(refused).toEqual({ quota: 100 - most });
  });

  it('is made by evicting tiles that were taken over first', async () => {
    world = createMoveWorld({ layers: { roads: { maxEntries: 60, staleIfError: 60 } } });
    await fill(50);
    await move();
    world.answer = () =>
      new Response('own', { headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' } });
    for (let i = 0; i < 30; i += 1) await world.get(world.worker, `/tiles/roads/5/${i}/1.png`);
    await world.worker.settled();
    world.answer = () => Promise.reject(new TypeError('no network'));
    for (let i = 0; i < 30; i += 1) expect((await world.offline(`/tiles/roads/5/${i}/1.png`))?.status).toBe(200);
    // A tile whose pack is gone is requested like any other, and may be taken over again.
    expect(await world.offline(url(0))).not.toMatchObject({ status: 200 });
  });
});

describe('hanging storage', () => {
  const soon = {
    setTimeout: (callback: () => void, ms: number) => setTimeout(callback, Math.min(ms, 20)),
    clearTimeout: (timer: never) => clearTimeout(timer),
  };
  it.each([
    ['the old cache, opened', `open ${CACHE}`],
    ['the old cache, read', 'match https://map.example/tiles/'],
    ['the list of caches', 'has'],
    ['our cache, written', 'put'],
    ['our cache, opened', 'open tile-cache'],
  ])('%s: the call rejects in time, and tiles are still answered', async (_, what) => {
    await world.old(TILE);
    world.restart({}, soon);
    world.pause = (effect) => (effect.startsWith(what) ? new Promise(() => {}) : Promise.resolve());
    await expect(move()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    world.answer = () => new Response('own', { headers: { 'content-type': 'application/octet-stream' } });
    expect(await (await world.get(world.worker, TILE)).text()).toBe('own');
    world.pause = async () => {};
    world.restart();
    expect(await move()).toMatchObject({ refused: {} });
  });

  it('the error names a broken ledger', async () => {
    await world.old(TILE);
    const { open } = indexedDB;
    indexedDB.open = () => {
      throw new DOMException('broken', 'UnknownError');
    };
    world.restart();
    await expect(move()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    indexedDB.open = open;
  });
});

describe('the order of work', () => {
  const ids = Array.from({ length: 2000 }, (_, i) => url(i));
  it('depends on the names, not on the order of the list', () => {
    expect(inOrder([...ids].reverse(), positionOf)).toEqual(inOrder(ids, positionOf));
  });

  it('keeps the tiles of a bucket together, and spreads them evenly', () => {
    const buckets = bucketsFor(ids.length);
    const order = inOrder(ids, positionOf).map(({ at }) => bucketAt(at, buckets));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const sizes = Array.from({ length: buckets }, (_, bucket) => order.filter((one) => one === bucket).length);
    expect(Math.min(...sizes)).toBeGreaterThan(60);
    expect(Math.max(...sizes)).toBeLessThan(200);
  });

  it('slices contain each entry once, even if some disappear meanwhile', () => {
    const all = inOrder(ids, positionOf);
    const seen: string[] = [];
    let after: number | undefined;
    for (;;) {
      const left = all.filter(({ id }) => !seen.includes(id) || seen.indexOf(id) % 3 === 0);
      const slice = sliceOf(left, after, 300);
      if (slice.length === 0) break;
      seen.push(...slice.map(({ id }) => id));
      after = slice.at(-1)!.at;
    }
    expect([...seen].sort()).toEqual([...ids].sort());
  });

  it('keeps equal entries together', () => {
    const all = [1, 2, 2, 2, 3].map((at, i) => ({ id: String(i), at }));
    expect(sliceOf(all, undefined, 2).map(({ at }) => at)).toEqual([1, 2, 2, 2]);
    expect(sliceOf(all, 2, 2).map(({ at }) => at)).toEqual([3]);
  });
});
