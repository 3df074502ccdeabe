import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { WorkerMessage } from '../../../src/shared/worker-messages';
import { createWorld, ORIGIN, type World } from '../fakes/world';

const PNG = new Uint8Array([
  0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
]);
const URL_1 = '/tiles/roads/3/1/2.png';

function tile(text: string, headers: Record<string, string> = {}): Response {
  return new Response(text, {
    headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', ...headers },
  });
}

/** Returns all uses that the worker has reported so far. */
function reported(world: World) {
  const batches = (world.posted as WorkerMessage[]).filter((message) => message.type === 'TILES_USED');
  return {
    uses: batches.flatMap(({ uses }) => uses),
    validations: batches.flatMap(({ validations }) => validations ?? []),
  };
}

describe('one tile', () => {
  let world: World;
  beforeEach(() => {
    world = createWorld();
  });

  it('is validated in the background even if a version is confirmed meanwhile', async () => {
    const cache = world.start({ layers: { roads: { staleWhileRevalidate: 600 } } });
    const confirm = () =>
      cache.message({ type: 'TILE_VERSIONS', manifest: { version: '1' }, confirmedAt: world.clock.now }, undefined);
    await confirm();
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => tile('new');
    const request = new Request(new URL(URL_1, ORIGIN));
    const { response, done } = cache.handle({ request, address: cache.match(request.url)!, clientId: 'page' });
    expect(await (await response).text()).toBe('tile');
    await confirm();
    await done;
    expect(await (await world.get(cache, URL_1)).text()).toBe('new');
  });

  it('is fetched once and then answered from the store', async () => {
    const cache = world.start({ memoryBytes: 0 });
    const first = await world.get(cache, URL_1);
    expect(await first.text()).toBe('tile');
    expect(first.headers.get('cache-status')).toBe('sw-tile-cache; fwd=uri-miss; fwd-status=200');
    const second = await world.get(cache, URL_1);
    expect(await second.text()).toBe('tile');
    expect(second.headers.get('cache-status')).toBe('sw-tile-cache; hit; ttl=60');
    expect(second.headers.get('age')).toBe('0');
    expect(second.headers.get('x-sw-tile-cache')).toBeNull();
    expect(world.asked).toHaveLength(1);
  });

  it('evaluates a matching precondition before a range', async () => {
    world.answer = () => tile('tile', { etag: '"1"' });
    const cache = world.start();
    await world.get(cache, URL_1);
    const answer = await world.get(cache, URL_1, { headers: { range: 'bytes=0-1', 'if-none-match': '"1"' } });
    expect(answer.status).toBe(304);
    const part = await world.get(cache, URL_1, { headers: { range: 'bytes=0-1', 'if-none-match': '"2"' } });
    expect([part.status, await part.text()]).toEqual([206, 'ti']);
  });

  it('survives a restart of the worker', async () => {
    await world.get(world.start(), URL_1);
    world.clock.now += 30_000;
    const again = await world.get(world.start(), URL_1);
    expect(again.headers.get('age')).toBe('30');
    expect(world.asked).toHaveLength(1);
  });

  it('is answered stale at once and validated in the background', async () => {
    world.answer = () => tile('one', { 'cache-control': 'max-age=60, stale-while-revalidate=60', etag: '"1"' });
    const cache = world.start();
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = (request) => {
      expect(request.headers.get('if-none-match')).toBe('"1"');
      return new Response(null, { status: 304, headers: { etag: '"1"' } });
    };
    const stale = await world.get(cache, URL_1);
    expect(stale.headers.get('cache-status')).toBe('sw-tile-cache; hit; ttl=-30');
    expect(await stale.text()).toBe('one');
    const fresh = await world.get(cache, URL_1);
    expect(fresh.headers.get('cache-status')).toBe('sw-tile-cache; hit; ttl=60');
    expect(world.asked).toHaveLength(2);
    expect(world.posted.filter((m) => (m as { type: string }).type === 'TILES_UPDATED')).toEqual([]);
    expect(reported(world).validations).toEqual([
      { layer: 'roads', tile: { z: 3, x: 1, y: 2 }, status: 'stale', duration: 0, failed: false, age: 0, ttl: 60 },
    ]);
  });

  it('reports the validation that it waited for, and failures that a stored tile hides', async () => {
    world.answer = () => tile('one', { 'cache-control': 'max-age=60, stale-if-error=600', etag: '"1"' });
    const cache = world.start();
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => {
      world.clock.now += 25;
      return new Response(null, { status: 304, headers: { etag: '"1"' } });
    };
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => new Response('no', { status: 503 });
    await world.get(cache, URL_1);
    const { uses } = reported(world);
    expect(uses.map(({ status, validation, originFailed }) => [status, validation, originFailed])).toEqual([
      ['miss', undefined, undefined],
      ['revalidated', 25, undefined],
      ['stale', undefined, true],
    ]);
  });

  it('reports a failed background validation, to be counted once however many pages waited for it', async () => {
    world.answer = () => tile('one', { 'cache-control': 'max-age=60, stale-while-revalidate=60' });
    const cache = world.start();
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    let fail: (response: Response) => void = () => {};
    world.answer = () => new Promise((resolve) => (fail = resolve));
    const both = Promise.all([world.get(cache, URL_1), world.get(cache, URL_1)]);
    await vi.waitFor(() => expect(world.asked).toHaveLength(2));
    fail(new Response('no', { status: 503 }));
    await both;
    expect(world.asked).toHaveLength(2);
    expect(reported(world).validations).toMatchObject([
      { status: 'stale', failed: true },
      { status: 'stale', failed: true, collapsed: true },
    ]);
    expect(reported(world).validations[0]).not.toHaveProperty('collapsed');
  });

  it('tells the pages if the validation brought different bytes', async () => {
    world.answer = () => tile('one', { 'cache-control': 'max-age=60, stale-while-revalidate=60' });
    const cache = world.start();
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => tile('two');
    await world.get(cache, URL_1);
    expect(world.posted).toContainEqual({ type: 'TILES_UPDATED', layer: 'roads', tiles: [{ z: 3, x: 1, y: 2 }] });
    expect(await (await world.get(cache, URL_1)).text()).toBe('two');
  });

  it('is requested once for concurrent callers', async () => {
    const cache = world.start();
    const all = await Promise.all(Array.from({ length: 8 }, () => world.get(cache, URL_1)));
    expect(await Promise.all(all.map((response) => response.text()))).toEqual(Array(8).fill('tile'));
    expect(world.asked).toHaveLength(1);
  });

  it('stays when the origin fails', async () => {
    world.answer = () => tile('one', { 'cache-control': 'max-age=60, stale-if-error=600' });
    const cache = world.start();
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => new Response('no', { status: 503 });
    const stale = await world.get(cache, URL_1);
    expect(stale.status).toBe(200);
    expect(stale.headers.get('cache-status')).toBe('sw-tile-cache; fwd=stale; fwd-status=503; detail=stale-if-error');
    world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    expect((await world.get(cache, URL_1)).headers.get('cache-status')).toBe(
      'sw-tile-cache; fwd=stale; detail=network',
    );
  });

  it('comes from the network when storage is broken', async () => {
    world.caches.open = () => Promise.reject(new Error('broken'));
    const cache = world.start();
    expect(await (await world.get(cache, URL_1)).text()).toBe('tile');
    const noDatabase = createWorld();
    globalThis.indexedDB = {
      open: () => {
        throw new Error('no');
      },
    } as never;
    expect(await (await noDatabase.get(noDatabase.start(), URL_1)).text()).toBe('tile');
  });

  it('is not stored if it cannot be complete', async () => {
    world.answer = () =>
      new Response(PNG.slice(0, 10), { headers: { 'content-type': 'image/png', 'cache-control': 'max-age=60' } });
    const cache = world.start();
    await world.get(cache, URL_1);
    world.answer = () => new Response(PNG, { headers: { 'content-type': 'image/png', 'cache-control': 'max-age=60' } });
    await world.get(cache, URL_1);
    await world.get(cache, URL_1);
    expect(world.asked).toHaveLength(2);
  });
});

describe('an invalidation', () => {
  let world: World;
  beforeEach(() => {
    world = createWorld();
  });

  const send = async (cache: ReturnType<World['start']>, data: object) => {
    const acks: unknown[] = [];
    await cache.message(data, { postMessage: (message: unknown) => void acks.push(message) });
    await cache.settled();
    return acks[0];
  };

  it('purges only its layer', async () => {
    const cache = world.start();
    await world.get(cache, URL_1);
    await world.get(cache, '/tiles/roads_old/3/1/2.png');
    expect(await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', version: 'b', id: 'x' })).toMatchObject({
      type: 'TILE_ACK',
      id: 'x',
      ok: true,
      result: { layer: 'roads', version: 'b', applied: true },
    });
    await world.get(cache, '/tiles/roads_old/3/1/2.png');
    expect(world.asked).toHaveLength(2);
    await world.get(cache, URL_1);
    expect(world.asked).toHaveLength(3);
    expect(world.asked[2]!.cache).toBe('no-cache');
  });

  it('is never undone by a request in flight', async () => {
    let release: (response: Response) => void = () => {};
    world.answer = () => new Promise((resolve) => (release = resolve));
    const cache = world.start();
    const pending = world.get(cache, URL_1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    world.answer = () => tile('new');
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', version: 'b' });
    release(tile('old'));
    expect(await (await pending).text()).toBe('new');
    expect(await (await world.get(cache, URL_1)).text()).toBe('new');
  });

  it('of a box keeps out of the store what was in flight', async () => {
    let release: (response: Response) => void = () => {};
    world.answer = () => new Promise((resolve) => (release = resolve));
    const cache = world.start();
    const pending = world.get(cache, URL_1);
    await vi.waitFor(() => expect(world.asked).toHaveLength(1));
    world.answer = () => new Response(null, { status: 503 });
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', bbox: [-180, -85, 180, 85] });
    release(tile('old'));
    expect((await pending).status).toBe(503);
    const stored = [...world.caches.caches.values()].flatMap(({ entries }) => [...entries.values()]);
    expect(stored.map(({ body }) => new TextDecoder().decode(body!))).not.toContain('old');
  });

  it('with a box does not affect other tiles', async () => {
    const cache = world.start();
    await world.get(cache, '/tiles/roads/8/75/96.png');
    await world.get(cache, '/tiles/roads/8/130/96.png');
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', version: 'b', bbox: [-74.3, 40.5, -73.7, 40.9] });
    await world.get(cache, '/tiles/roads/8/130/96.png');
    expect(world.asked).toHaveLength(2);
    await world.get(cache, '/tiles/roads/8/75/96.png');
    expect(world.asked).toHaveLength(3);
  });

  it('with an invalid field changes nothing, and the error names the field', async () => {
    const cache = world.start();
    expect(await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads', version: 'b', colour: 'red' })).toMatchObject({
      ok: false,
      error: { code: 'UNSUPPORTED_FIELD', field: 'colour' },
    });
  });
});
