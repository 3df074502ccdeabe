import { beforeEach, describe, expect, it } from 'vitest';
import { IDBFactory } from 'fake-indexeddb';
import { presets } from '../../../src/shared/presets';
import { createWorld, type World } from '../fakes/world';

const URL_1 = '/tiles/roads/3/1/2.png';
type Cache = ReturnType<World['start']>;

function tile(text: string, headers: Record<string, string> = {}, status = 200): Response {
  return new Response(text, {
    status,
    headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', ...headers },
  });
}

async function send(cache: Cache, data: object): Promise<{ ok: boolean; result?: unknown; error?: unknown }> {
  const acks: unknown[] = [];
  await cache.message(data, { postMessage: (message: unknown) => void acks.push(message) });
  await cache.settled();
  return acks[0] as { ok: boolean };
}

describe('a layer whose `partition` returns an invalid value', () => {
  it.each<[string, () => unknown]>([
    ['a promise', () => Promise.resolve('ann')],
    ['an object', () => ({ id: 'ann' })],
    ['a number', () => 7],
    [
      'an error',
      () => {
        throw new Error('no token');
      },
    ],
  ])('stores nothing, so that no user gets another’s tile: %s', async (_, partition) => {
    const world = createWorld();
    const cache = world.start({ layers: { roads: { partition: partition as () => string } } });
    for (const user of ['ann', 'bob']) {
      world.answer = () => new Response(user, { headers: { 'cache-control': 'max-age=60' } });
      expect(await (await world.get(cache, '/tiles/roads/3/1/2.bin')).text()).toBe(user);
    }
    expect(world.asked.map((asked) => asked.cache)).toEqual(['no-store', 'no-store']);
  });

  it('invalidates a tile after a POST, for all users', async () => {
    const world = createWorld();
    const partition = (request: Request) => {
      if (request.method === 'POST') throw new Error('no token');
      return 'ann';
    };
    const cache = world.start({ layers: { roads: { partition } } });
    await world.get(cache, '/tiles/roads/3/1/2.bin');
    expect((await world.get(cache, '/tiles/roads/3/1/2.bin', { method: 'POST', body: 'x' })).status).toBe(200);
    const again = await world.get(cache, '/tiles/roads/3/1/2.bin');
    expect(again.headers.get('cache-status')).toBe('sw-tile-cache; fwd=uri-miss; fwd-status=200');
  });
});

describe('a layer with partitions', () => {
  it.each([undefined, 'ada'])('never uses the HTTP cache (%s)', async (user) => {
    const world = createWorld();
    const cache = world.start({
      layers: { roads: { partition: (request: Request) => request.headers.get('x-user') ?? undefined } },
    });
    const headers: Record<string, string> = user === undefined ? {} : { 'x-user': user };
    await world.get(cache, URL_1, { headers });
    await world.get(cache, '/tiles/roads/3/1/3.png', { headers: { ...headers, range: 'bytes=0-1' } });
    world.clock.now += 90_000;
    await world.get(cache, URL_1, { headers });
    expect(world.asked.map((request) => request.cache)).toEqual(['no-store', 'no-store', 'no-store']);
  });
});

describe('a purged tile', () => {
  let world: World;
  beforeEach(() => {
    world = createWorld();
  });

  it('does not come back with a HEAD', async () => {
    world.answer = () => tile('old!');
    const cache = world.start();
    await world.get(cache, URL_1);
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', bbox: [-180, -85, 180, 85] });
    world.answer = (request) =>
      request.method === 'HEAD'
        ? new Response(null, { headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' } })
        : tile('new!');
    await world.get(cache, URL_1, { method: 'HEAD' });
    expect(await (await world.get(cache, URL_1)).text()).toBe('new!');
  });

  it('that is only marked stale is validated even after a HEAD without validators', async () => {
    world.answer = () => tile('old!');
    const cache = world.start();
    await world.get(cache, URL_1);
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', mode: 'stale' });
    world.answer = (request) =>
      request.method === 'HEAD' ? new Response(null, { headers: { 'cache-control': 'max-age=60' } }) : tile('new!');
    await world.get(cache, URL_1, { method: 'HEAD' });
    expect(await (await world.get(cache, URL_1)).text()).toBe('new!');
  });

  it('is not returned by the HTTP cache for a Range', async () => {
    const cache = world.start();
    await world.get(cache, URL_1);
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads' });
    await world.get(cache, URL_1, { headers: { range: 'bytes=0-1' } });
    expect(world.asked[1]!.cache).toBe('no-cache');
  });

  it('is not returned to another user by the HTTP cache for a Range', async () => {
    const cache = world.start();
    await world.get(cache, URL_1, { headers: { range: 'bytes=0-1', authorization: 'Bearer b' } });
    expect(world.asked[0]!.cache).toBe('no-store');
  });

  it('leaves no cache behind, even if the worker was stopped before it could delete it', async () => {
    const cache = world.start();
    await world.get(cache, URL_1);
    await cache.settled();
    const old = [...world.caches.caches.keys()].find((name) => name.includes(':roads@')) as string;
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', version: '2', id: 'once' });
    expect(world.caches.caches.has(old)).toBe(false);
    // Simulate a stop of the worker between the rule and the deletion.
    await world.caches.open(old);
    const next = world.start();
    await send(next, { type: 'CACHE_INVALIDATE', layer: 'roads', version: '2', id: 'once' });
    expect(world.caches.caches.has(old)).toBe(false);
    await world.caches.open(old);
    await world.start().activate();
    expect(world.caches.caches.has(old)).toBe(false);
  });

  it('is never shown by a layer with versionPolicy discard, whatever weaker rule follows', async () => {
    world.answer = () => tile('old', { 'x-tile-version': 'a' });
    const cache = world.start({ layers: { roads: { versionPolicy: 'discard', staleIfError: Infinity } } });
    await send(cache, { type: 'TILE_VERSIONS', id: '1', manifest: { version: 'a' }, confirmedAt: world.clock.now });
    await world.get(cache, URL_1);
    const changes = [{ from: 'a', bbox: [-180, -85, 180, 85] }];
    await send(cache, {
      type: 'TILE_VERSIONS',
      id: '2',
      manifest: { version: 'b', changes },
      confirmedAt: world.clock.now,
    });
    world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    expect((await world.get(cache, URL_1)).status).toBe(504);
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', mode: 'stale' });
    expect((await world.get(cache, URL_1)).status).toBe(504);
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', mode: 'stale', zooms: [0, 9] });
    expect((await world.get(cache, URL_1)).status).toBe(504);
  });
});

describe('when the ledger is lost', () => {
  it('no tile is served unvalidated, with or without a network', async () => {
    const world = createWorld();
    const options = { layers: { roads: { ...presets.base } } };
    world.answer = () => tile('old', { etag: '"1"' });
    const cache = world.start(options);
    await world.get(cache, URL_1);
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', bbox: [-180, -85, 180, 85] });
    globalThis.indexedDB = new IDBFactory();
    const later = world.start(options);
    world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    expect((await world.get(later, URL_1)).status).toBe(504);
    world.answer = () => new Response(null, { status: 304, headers: { etag: '"1"' } });
    expect(await (await world.get(later, URL_1)).text()).toBe('old');
    world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    world.clock.now += 90_000;
    expect(await (await world.get(later, URL_1)).text()).toBe('old');
  });
});

describe('a good tile', () => {
  let world: World;
  beforeEach(() => {
    world = createWorld();
  });

  it('of an older version is not hidden by a storable error', async () => {
    world.answer = () => tile('old', { 'x-tile-version': 'a' });
    const cache = world.start({ layers: { roads: { ...presets.base } } });
    await send(cache, { type: 'TILE_VERSIONS', id: '1', manifest: { version: 'a' }, confirmedAt: world.clock.now });
    await world.get(cache, URL_1);
    await send(cache, { type: 'TILE_VERSIONS', id: '2', manifest: { version: 'b' }, confirmedAt: world.clock.now });
    world.answer = () => tile('no', {}, 503);
    const first = await world.get(cache, URL_1);
    expect([first.status, await first.text()]).toEqual([200, 'old']);
    expect((await world.get(cache, URL_1)).status).toBe(200);
  });

  it('survives an answer that says nothing about it', async () => {
    world.answer = () => tile('old', { 'cache-control': 'max-age=60, stale-if-error=600' });
    const cache = world.start();
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => new Response('log in', { status: 401 });
    expect((await world.get(cache, URL_1)).status).toBe(401);
    world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    expect(await (await world.get(cache, URL_1)).text()).toBe('old');
  });

  it('is removed by a success that must not be stored', async () => {
    world.answer = () => tile('old', { 'cache-control': 'max-age=60, stale-if-error=600' });
    const cache = world.start();
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => tile('secret', { 'cache-control': 'no-store' });
    await world.get(cache, URL_1);
    world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    expect((await world.get(cache, URL_1)).status).toBe(504);
  });
});

describe('an unsafe request', () => {
  it('is sent once, even if it fails', async () => {
    const world = createWorld();
    world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    const cache = world.start();
    await expect(world.get(cache, URL_1, { method: 'POST', body: 'x' })).rejects.toThrow();
    expect(world.asked).toHaveLength(1);
  });
});

describe('names of object properties', () => {
  it('are ordinary names of layers and versions', async () => {
    const world = createWorld();
    const cache = world.start();
    for (const name of ['__proto__', 'constructor']) {
      await world.get(cache, `/tiles/${name}/3/1/2.png`);
      await send(cache, { type: 'CACHE_INVALIDATE', layer: name, version: '__proto__' });
      await world.get(cache, `/tiles/${name}/3/1/2.png`);
    }
    const usage = await send(cache, { type: 'TILE_USAGE', id: '1' });
    expect(usage).toMatchObject({ ok: true });
    const { layers } = usage.result as { layers: Record<string, { tiles: number; bytes: number; versions: object }> };
    expect(Object.keys(layers).sort()).toEqual(['__proto__', 'constructor']);
    expect(Object.entries(layers).map(([, layer]) => layer.tiles)).toEqual([1, 1]);
    expect('tiles' in {}).toBe(false);
    const status = await send(cache, { type: 'TILE_STATUS', id: '2' });
    expect(Object.keys((status.result as { layers: object }).layers).sort()).toEqual(['__proto__', 'constructor']);
  });
});

describe('clearing', () => {
  it('deletes the bodies even if the ledger cannot be written', async () => {
    const world = createWorld();
    const cache = world.start();
    await world.get(cache, URL_1);
    const commit = cache.ledger.commit;
    cache.ledger.commit = () => Promise.reject(new Error('full'));
    expect(await send(cache, { type: 'TILE_CLEAR', id: '1' })).toMatchObject({ ok: false });
    cache.ledger.commit = commit;
    expect([...world.caches.caches.keys()].filter((name) => name.includes('roads'))).toEqual([]);
  });
});
