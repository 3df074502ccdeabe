import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { formatCacheName, parseCacheName } from '../../../sw/store/cache-name';
import { createEviction, isQuotaError, overBudget } from '../../../sw/index/eviction';
import { createMemoryTier } from '../../../sw/store/memory-tier';
import { createTileIndex, type TileIndex } from '../../../sw/index/tile-index';
import { createTileStore, type TileStore } from '../../../sw/store/tile-store';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { noIndex } from '../fakes/no-index';
import { createWorld } from '../fakes/world';

const SCOPE = 'https://map.example/';
const META = { requestAt: 1, responseAt: 1, ledger: 'l', epoch: 1, version: '', variant: '', group: '' };
const cacheOf = (layer: string, version = 'b') => formatCacheName({ scope: SCOPE, layer, version, partition: '' });

describe('overBudget', () => {
  it('returns nothing at the limit, and above it, what exceeds nine tenths', () => {
    const budget = { maxEntries: 10, maxBytes: 1000 };
    expect(overBudget([{ tiles: 10, bytes: 1000, current: true }], budget)).toEqual({ tiles: 0, bytes: 0 });
    expect(overBudget([{ tiles: 11, bytes: 400, current: true }], budget)).toEqual({ tiles: 2, bytes: 0 });
    expect(
      overBudget(
        [
          { tiles: 1, bytes: 600, current: true },
          { tiles: 1, bytes: 600, current: false },
        ],
        budget,
      ),
    ).toEqual({ tiles: 0, bytes: 300 });
  });
});

/** The size of each tile in these tests. */
const NEED = { cacheName: '', keys: [], bytes: 1000 };

describe('eviction', () => {
  let caches: FakeCacheStorage;
  let store: TileStore;
  let index: TileIndex;
  let now = 1;

  beforeEach(() => {
    globalThis.indexedDB = new IDBFactory();
    caches = new FakeCacheStorage();
    store = createTileStore({ caches: caches.asStorage(), scope: SCOPE });
    index = createTileIndex({ scope: SCOPE, now: () => (now += 1) });
  });

  const make = (layers: Record<string, LayerOptions>, maxBytes = Infinity) =>
    createEviction({
      store,
      memory: createMemoryTier(0),
      index,
      layer: (name) => (layers[name] ? resolveLayer(name, layers[name]) : undefined),
      isCurrent: (name) => parseCacheName(name)?.version === 'b',
      maxBytes,
      pause: async () => {},
    });
  const fill = async (layer: string, count: number, { version = 'b', bytes = 10, from = 0 } = {}) => {
    const cacheName = cacheOf(layer, version);
    const cache = await store.open(cacheName);
    for (let i = from; i < from + count; i += 1) {
      await store.put(cache, `https://map.example/${i}`, {
        status: 200,
        headers: new Headers(),
        requestAt: 1,
        responseAt: 1,
        meta: META,
        bytes: new Uint8Array(bytes),
      });
      index.stored({ cacheName, key: `https://map.example/${i}`, layer, bytes });
    }
    await index.flush();
  };
  const left = (layer: string, version = 'b') => caches.caches.get(cacheOf(layer, version))?.entries.size;

  it('evicts nothing within the budget', async () => {
    await fill('roads', 10);
    await fill('roads', 10, { version: 'a' });
    await make({ roads: { maxEntries: 20 } }).run();
    expect([left('roads'), left('roads', 'a')]).toEqual([10, 10]);
  });

  it('evicts the least recently used tiles, in several slices', async () => {
    await fill('roads', 400);
    await make({ roads: { maxEntries: 100 } }).run();
    expect(left('roads')).toBe(90);
    expect([...caches.caches.get(cacheOf('roads'))!.entries.keys()][0]).toBe('https://map.example/310');
    expect((await index.totals()).get(cacheOf('roads'))).toMatchObject({ tiles: 90, bytes: 900 });
  });

  it('evicts old versions first, and each as a whole', async () => {
    await fill('roads', 8);
    await fill('roads', 8, { version: 'a' });
    await make({ roads: { maxEntries: 10 } }).run();
    expect([left('roads'), left('roads', 'a')]).toEqual([8, undefined]);
  });

  it('applies a budget in bytes, and does not affect other layers', async () => {
    await fill('roads', 10, { bytes: 100 });
    await fill('rivers', 10, { bytes: 100 });
    await make({ roads: { maxBytes: 500 }, rivers: {} }).run();
    expect([left('roads'), left('rivers')]).toEqual([4, 10]);
  });

  it('for all layers together, evicts no more than still exceeds the budget', async () => {
    await fill('roads', 90);
    await fill('rivers', 30);
    await make({ roads: { maxEntries: 30 }, rivers: {} }, 1000).run();
    expect([left('roads'), left('rivers')]).toEqual([27, 30]);
  });

  it('for all layers together, keeps old versions if a layer’s own eviction has made enough room', async () => {
    await fill('rivers', 20, { version: 'a' });
    await fill('rivers', 20);
    await fill('roads', 90);
    await make({ roads: { maxEntries: 30 }, rivers: {} }, 1000).run();
    expect([left('roads'), left('rivers'), left('rivers', 'a')]).toEqual([27, 20, 20]);
  });

  it('corrects totals that exceed the real sizes', async () => {
    await fill('roads', 5);
    const db = await openDB(`tile-cache-index:${SCOPE}`);
    await db.put('totals', { cacheName: cacheOf('roads'), layer: 'roads', tiles: 1e6, bytes: 1e12 });
    db.close();
    const eviction = make({ roads: { maxEntries: 100 } });
    await eviction.run();
    await fill('roads', 20, { from: 100 });
    await eviction.run();
    expect(left('roads')).toBe(20);
    expect((await index.totals()).get(cacheOf('roads'))).toMatchObject({ tiles: 20, bytes: 200 });
  });

  it('makes room by removing old versions, but never the mark that there was a ledger', async () => {
    await store.mark();
    await fill('roads', 3);
    await fill('roads', 3, { version: 'a' });
    const eviction = make({});
    expect(await eviction.makeRoom(NEED)).toBe(true);
    expect([left('roads'), left('roads', 'a')]).toEqual([3, undefined]);
    expect(await eviction.makeRoom(NEED)).toBe(true);
    expect(left('roads')).toBe(0);
    expect(await eviction.makeRoom(NEED)).toBe(false);
    expect((await store.list()).some(({ layer }) => layer === '')).toBe(true);
  });

  it('makes room even if the index was lost', async () => {
    await fill('roads', 3);
    globalThis.indexedDB = new IDBFactory();
    index = createTileIndex({ scope: SCOPE, now: () => now });
    expect(await make({}).makeRoom(NEED)).toBe(true);
    expect(left('roads') ?? 0).toBe(0);
  });

  it('removes the body of an opaque tile together with the tile', async () => {
    const cache = await store.open(cacheOf('roads'));
    const opaque = Object.defineProperty(new Response('x'), 'type', { value: 'opaque' });
    await store.put(cache, 'https://map.example/1', {
      status: 0,
      headers: new Headers(),
      requestAt: 1,
      responseAt: 1,
      meta: META,
      response: opaque,
    });
    expect(left('roads')).toBe(2);
    await store.delete(cacheOf('roads'), 'https://map.example/1');
    expect(left('roads')).toBe(0);
  });
});

describe('full storage', () => {
  const refusals: Array<[string, unknown]> = [
    ['Chromium', new DOMException('Quota exceeded.', 'QuotaExceededError')],
    ['WebKit', Object.assign(new Error('Quota exceeded'), { name: 'QuotaExceededError' })],
    ['Firefox', { name: 'NS_ERROR_FILE_NO_DEVICE_SPACE', message: '', result: 0x80520010 }],
  ];

  it.each(refusals)('is distinguished from other failures: %s', (_, error) => {
    expect(isQuotaError(error)).toBe(true);
    expect(isQuotaError(new TypeError('Failed to fetch'))).toBe(false);
    expect(isQuotaError(undefined)).toBe(false);
  });

  const answer = (text: string) =>
    new Response(text, { headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' } });

  it.each(refusals)('makes the worker evict tiles and try once more: %s', async (_, error) => {
    const world = createWorld();
    world.answer = () => answer('one');
    const cache = world.start({ memoryBytes: 0 });
    await world.get(cache, '/tiles/roads/3/1/2.png');
    let refused = 0;
    const full = [...world.caches.caches.values()].find(({ entries }) => entries.size)!;
    const put = full.put.bind(full);
    full.put = async (key, response) => {
      if (full.entries.size > 0) {
        refused += 1;
        throw error;
      }
      return put(key, response);
    };
    await world.get(cache, '/tiles/roads/3/1/3.png');
    expect(refused).toBe(1);
    expect([...full.entries.keys()]).toEqual([expect.stringContaining('/3/1/3.png')]);
  });

  it('that stays full loses neither the stored tile nor the new answer', async () => {
    const world = createWorld();
    world.answer = () => answer('one');
    const cache = world.start({ memoryBytes: 0 });
    await world.get(cache, '/tiles/roads/3/1/2.png');
    const full = [...world.caches.caches.values()].find(({ entries }) => entries.size)!;
    let tries = 0;
    full.put = async () => {
      tries += 1;
      throw Object.assign(new Error('disk'), { name: 'UnknownError' });
    };
    world.clock.now += 61_000;
    world.answer = () => answer('two');
    const shown = await world.get(cache, '/tiles/roads/3/1/2.png', { cache: 'no-cache' });
    expect(await shown.text()).toBe('two');
    expect(tries).toBe(1);
    expect(new TextDecoder().decode([...full.entries.values()][0]!.body!)).toBe('one');
    expect(world.posted).toContainEqual({ type: 'TILE_NOTICE', notice: 'storagefailed', detail: 'UnknownError' });
  });
});

describe('tiles without a row in the index', () => {
  const entries = (world: ReturnType<typeof createWorld>) =>
    [...world.caches.caches.values()].reduce((sum, cache) => sum + cache.entries.size, 0);
  const fill = async (world: ReturnType<typeof createWorld>, cache: ReturnType<typeof world.start>, from: number) => {
    for (let x = from; x < from + 40; x += 1) await world.get(cache, `/tiles/roads/10/${x}/1`);
  };
  const options = { layers: { roads: { maxEntries: 50 } } };

  it('are evicted like others after the index was lost, and none too early', async () => {
    const world = createWorld();
    await fill(world, world.start(options), 0);
    await new Promise((resolve) => {
      const request = indexedDB.deleteDatabase('tile-cache-index:https://map.example/');
      request.onsuccess = request.onblocked = resolve;
    });
    await fill(world, world.start(options), 40);
    expect(entries(world)).toBeLessThan(60);
    expect(entries(world)).toBeGreaterThan(40);
  });

  it('are found by one worker start in sixteen, if a killed browser has lost the last rows', async () => {
    const world = createWorld();
    await fill(world, world.start(options, { index: noIndex }), 0);
    const cache = world.start(options, { random: () => 0.5 });
    await world.get(cache, '/tiles/roads/10/900/1');
    // The worker notices at the first write that the index is new.
    await world.get(cache, '/tiles/roads/10/901/1');
    await fill(world, world.start(options, { index: noIndex }), 100);
    for (const random of [0.5, 0.01]) {
      const before = entries(world);
      const later = world.start(options, { random: () => random });
      await world.get(later, `/tiles/roads/10/90${random * 100}/2`);
      if (random === 0.5) expect(entries(world)).toBeGreaterThan(before);
    }
    expect(entries(world)).toBeLessThan(60);
  });
});

describe('rows without a tile', () => {
  /** Returns the number of tiles of `roads` that the worker reports. */
  const counted = async (cache: ReturnType<ReturnType<typeof createWorld>['start']>) => {
    const ack = await new Promise<{ result: { layers: Record<string, { tiles: number }> } }>((resolve) => {
      void cache.message({ type: 'TILE_USAGE', id: 'u' }, { postMessage: resolve as never });
    });
    return ack.result.layers['roads']?.tiles ?? 0;
  };
  const fill = async (world: ReturnType<typeof createWorld>, cache: ReturnType<typeof world.start>) => {
    for (let x = 0; x < 40; x += 1) await world.get(cache, `/tiles/roads/10/${x}/1`);
    await cache.settled();
  };

  it('are removed and not counted if the whole cache was deleted', async () => {
    const world = createWorld();
    const cache = world.start({ layers: { roads: {} } });
    await fill(world, cache);
    expect(await counted(cache)).toBe(40);
    world.caches.caches.clear();
    expect(await counted(cache)).toBe(0);
    // A new cache with this name does not bring the removed rows back.
    await world.get(world.start({ layers: { roads: {} } }), '/tiles/roads/10/0/2');
    expect(await counted(cache)).toBe(1);
  });

  it('are found by one worker start in sixteen if single tiles were deleted', async () => {
    const world = createWorld();
    await fill(world, world.start({ layers: { roads: {} } }));
    const [roads] = [...world.caches.caches.values()].filter(({ entries }) => entries.size > 30);
    for (const key of [...roads!.entries.keys()].slice(0, 30)) roads!.entries.delete(key);
    for (const [random, left] of [
      [0.5, 41],
      [0.01, 12],
    ] as const) {
      const later = world.start({ layers: { roads: {} } }, { random: () => random });
      await world.get(later, `/tiles/roads/10/90${random * 100}/2`);
      await later.settled();
      expect(await counted(later)).toBe(left);
    }
  });
});
