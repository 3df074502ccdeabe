import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatCacheName } from '../../../sw/store/cache-name';
import { lateDatabases } from '../fakes/late-databases';
import { fakeTimers } from '../fakes/timers';
import { createTileIndex, type TileIndex } from '../../../sw/index/tile-index';

const SCOPE = 'https://map.example/';
const NAME = `tile-cache-index:${SCOPE}`;
const cacheOf = (layer: string, version = '') => formatCacheName({ scope: SCOPE, layer, version, partition: '' });
const ROADS = cacheOf('roads');

let now: number;
let index: TileIndex;
const stored = (key: string, bytes = 10, cacheName = ROADS, layer = 'roads') =>
  index.stored({ cacheName, key, layer, bytes });
const touched = (key: string, bytes = 10, cacheName = ROADS) =>
  index.touched({ cacheName, key, headers: new Headers({ 'content-length': String(bytes) }) });
const keys = async (where?: { layer: string }) => (await index.oldest(where, 1000)).map((row) => row.key);
const sum = async (cacheName = ROADS) => {
  const { tiles, bytes } = (await index.totals()).get(cacheName) ?? { tiles: 0, bytes: 0 };
  return { tiles, bytes };
};

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  now = 1_000_000_000_000;
  index = createTileIndex({ scope: SCOPE, now: () => now });
});

describe('rows', () => {
  it('are written in batches, and read by the next worker', async () => {
    stored('a');
    stored('b', 20);
    expect(await sum()).toEqual({ tiles: 0, bytes: 0 });
    await index.flush();
    index = createTileIndex({ scope: SCOPE, now: () => now });
    expect(await sum()).toEqual({ tiles: 2, bytes: 30 });
  });

  it('of a replaced tile count once, with the new size', async () => {
    stored('a', 10);
    await index.flush();
    stored('a', 25);
    await index.flush();
    expect(await sum()).toEqual({ tiles: 1, bytes: 25 });
  });

  it('are returned in the order of last use, for one layer or all', async () => {
    for (const key of ['a', 'b', 'c']) {
      stored(key);
      await index.flush();
      now += 1000;
    }
    stored('x', 10, cacheOf('rivers'), 'rivers');
    now += 100_000;
    touched('a');
    await index.flush();
    expect(await keys({ layer: 'roads' })).toEqual(['b', 'c', 'a']);
    expect(await keys()).toEqual(['b', 'c', 'x', 'a']);
  });

  it('are not written again for uses within a minute', async () => {
    stored('a');
    stored('b');
    await index.flush();
    now += 1000;
    touched('a');
    stored('c');
    await index.flush();
    expect((await index.oldest(undefined, 3)).find(({ key }) => key === 'a')!.usedAt).toBe(now - 1000);
  });

  it('that are missing are restored once by a use, however often the tile is used', async () => {
    touched('lost', 40);
    touched('lost', 40);
    stored('a');
    await index.flush();
    expect(await sum()).toEqual({ tiles: 2, bytes: 50 });
  });

  it('that are added and used in one batch count once', async () => {
    stored('a', 10);
    touched('a', 10);
    await index.flush();
    expect(await sum()).toEqual({ tiles: 1, bytes: 10 });
  });

  it('that were removed are not restored by an earlier use', async () => {
    stored('a');
    stored('b');
    await index.flush();
    now += 100_000;
    touched('a');
    await index.remove(await index.oldest(undefined, 1));
    stored('c');
    await index.flush();
    expect(await keys()).toEqual(['b', 'c']);
    expect(await sum()).toEqual({ tiles: 2, bytes: 20 });
  });

  it('that are removed twice are subtracted once', async () => {
    stored('a');
    stored('b');
    await index.flush();
    const rows = await index.oldest(undefined, 1);
    await Promise.all([index.remove(rows), index.remove(rows)]);
    expect(await sum()).toEqual({ tiles: 1, bytes: 10 });
  });
});

describe('a dropped cache', () => {
  it('loses its rows, and no others', async () => {
    for (let i = 0; i < 1200; i += 1) stored(`k${i}`);
    stored('x', 10, cacheOf('rivers'), 'rivers');
    await index.flush();
    stored('pending');
    await index.drop([ROADS]);
    await index.flush();
    expect(await keys()).toEqual(['x']);
    expect([...(await index.totals()).keys()]).toEqual([cacheOf('rivers')]);
  });

  it('is counted correctly if the worker is stopped half-way', async () => {
    for (let i = 0; i < 1200; i += 1) stored(`k${i}`);
    await index.flush();
    const transaction = IDBDatabase.prototype.transaction;
    let writes = 0;
    IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args) {
      if (args[1] === 'readwrite' && (writes += 1) > 1) throw new DOMException('stopped', 'AbortError');
      return transaction.apply(this, args);
    };
    await index.drop([ROADS]).finally(() => (IDBDatabase.prototype.transaction = transaction));
    expect(await sum()).toEqual({ tiles: 700, bytes: 7000 });
    expect(await keys()).toHaveLength(700);
  });
});

describe('without a database', () => {
  const idle = async () => {
    stored('a');
    touched('b');
    await index.flush();
    await index.drop([ROADS]);
    await index.remove([]);
    expect(await index.oldest(undefined, 9)).toEqual([]);
    expect((await index.totals()).size).toBe(0);
  };

  it('with a schema of a newer worker, nothing is written and nothing fails', async () => {
    (await openDB(NAME, 7)).close();
    await idle();
    expect((await openDB(NAME)).version).toBe(7);
  });

  it('because IndexedDB is missing, nothing is written and nothing fails', async () => {
    globalThis.indexedDB = {
      open: () => {
        throw new DOMException('no', 'SecurityError');
      },
    } as never;
    await idle();
  });

  it('because it was deleted, it starts again with an empty one', async () => {
    stored('a');
    await index.flush();
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(NAME);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error as Error);
    });
    stored('b');
    await index.flush();
    expect(await keys()).toEqual(['b']);
    expect(await sum()).toEqual({ tiles: 1, bytes: 10 });
  });

  it('with an older schema, its stores are created again', async () => {
    const older = createTileIndex({ scope: SCOPE, now: () => now });
    await older.flush();
    stored('a');
    await index.flush();
    expect(await keys()).toEqual(['a']);
  });
});

describe('other rows of a tile', () => {
  it('are returned with the last used first, at most four, from the given caches', async () => {
    const others = ['t', 't~hidden', 'u~v1', 's~v1', 't~w'];
    for (const key of [...others, 't~v5', 't~v4', 't~v3', 't~v2', 't~v1']) {
      now += 1000;
      stored(key);
    }
    stored('t~v6', 10, cacheOf('roads', '2'));
    stored('t~v7', 10, cacheOf('roads', '3'));
    await index.flush();
    const rows = await index.beside([ROADS, cacheOf('roads', '2')], 't~v');
    expect(rows.map(({ key }) => key)).toEqual(['t~v1', 't~v6', 't~v2', 't~v3']);
    expect(await index.beside([], 't~v')).toEqual([]);
  });

  it('are waited for at most a second, and only once', async () => {
    lateDatabases(/index/);
    const timers = fakeTimers();
    index = createTileIndex({ scope: SCOPE, now: () => now, timers });
    const first = index.beside([ROADS], 't');
    await timers.pass(999);
    expect(timers.waiting).toBeGreaterThan(0);
    await timers.pass(1);
    expect(await first).toEqual([]);
    // The second call does not wait.
    expect(await index.beside([ROADS], 't')).toEqual([]);
  });
});

describe('an aborted transaction', () => {
  it('causes no unhandled rejection', async () => {
    await index.totals();
    const unhandled: unknown[] = [];
    const hear = (reason: unknown) => unhandled.push(reason);
    const { put } = IDBObjectStore.prototype;
    process.on('unhandledRejection', hear);
    IDBObjectStore.prototype.put = function (...row) {
      const request = put.apply(this, row);
      if (this.name === 'totals') queueMicrotask(() => this.transaction.abort());
      return request;
    };
    try {
      stored('a');
      await index.flush();
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      expect(index.takeDrift()).toBe(true);
    } finally {
      IDBObjectStore.prototype.put = put;
      process.off('unhandledRejection', hear);
    }
  });
});

describe('uses', () => {
  it('are written on request, even if nothing was stored since', async () => {
    stored('a');
    await index.flush();
    now += 1000;
    stored('b');
    await index.flush();
    now += 100_000;
    touched('a');
    await index.flush();
    expect(await keys()).toEqual(['b', 'a']);
  });
});

describe('tiles stored under an unannounced token', () => {
  const keysBeside = async (key: string, names = [ROADS]) =>
    (await index.beside(names, `${key}~v`)).map((row) => row.key).sort();
  const { getAll } = IDBObjectStore.prototype;
  let reads: number;
  beforeEach(() => {
    reads = 0;
    IDBObjectStore.prototype.getAll = function (this: IDBObjectStore, ...asked: Parameters<typeof getAll>) {
      reads += 1;
      return getAll.apply(this, asked);
    };
  });
  afterEach(() => void (IDBObjectStore.prototype.getAll = getAll));

  it('are found, even by the next worker', async () => {
    stored('a~v1');
    stored('a~v2');
    stored('b~v1');
    await index.flush();
    expect(await keysBeside('a')).toEqual(['a~v1', 'a~v2']);
    stored('c');
    await index.flush();
    index = createTileIndex({ scope: SCOPE, now: () => now });
    expect(await keysBeside('b')).toEqual(['b~v1']);
  });

  it('are not searched for in a cache without any, so a first view does not wait for a search', async () => {
    stored('a');
    await index.flush();
    for (const key of ['b', 'c', 'd']) expect(await keysBeside(key, [ROADS, cacheOf('roads', '2')])).toEqual([]);
    expect(reads).toBe(0);
    stored('d~v1');
    await index.flush();
    expect(await keysBeside('d')).toEqual(['d~v1']);
  });

  it('are searched for in a cache whose totals do not say whether there are any', async () => {
    stored('a~v1');
    await index.flush();
    const db = await openDB(NAME);
    const { tokens: _, ...totals } = (await db.get('totals', ROADS)) as Record<string, unknown>;
    await db.put('totals', totals);
    db.close();
    index = createTileIndex({ scope: SCOPE, now: () => now });
    expect(await keysBeside('a')).toEqual(['a~v1']);
  });
});
