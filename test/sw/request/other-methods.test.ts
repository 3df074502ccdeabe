// HEAD, Range and unsafe methods through the whole worker.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { noIndex } from '../fakes/no-index';
import { createWorld, type World } from '../fakes/world';

const URL_1 = '/tiles/roads/3/1/2.png';
const tile = (text: string | null, headers: Record<string, string> = {}, status = 200) =>
  new Response(text, {
    status,
    headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', ...headers },
  });

/** Answers that the test releases, in the order of the requests. */
function held(world: World) {
  const releases: Array<(response: Response) => void> = [];
  world.answer = () => new Promise((resolve) => releases.push(resolve));
  return { releases, asked: (count: number) => vi.waitFor(() => expect(releases).toHaveLength(count)) };
}

const send = async (cache: ReturnType<World['start']>, data: object) => {
  const acks: unknown[] = [];
  await cache.message(data, { postMessage: (message: unknown) => void acks.push(message) });
  return acks[0];
};
const read = async (response: Response) => [response.status, await response.text()];
const label = (response: Response) => response.headers.get('cache-status');

let world: World;
beforeEach(() => {
  world = createWorld();
});

describe('HEAD', () => {
  it('validates a stale tile in the background with a GET, which other GETs may share', async () => {
    world.answer = () => tile('one', { 'cache-control': 'max-age=60, stale-while-revalidate=60' });
    const cache = world.start({ layers: { roads: {} } });
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    const { releases, asked } = held(world);
    const head = world.get(cache, URL_1, { method: 'HEAD' });
    await asked(1);
    const get = world.get(cache, URL_1, { cache: 'no-cache' });
    expect(world.asked.map(({ method }) => method)).toEqual(['GET', 'GET']);
    releases[0]!(tile('two'));
    await head;
    expect(await read(await get)).toEqual([200, 'two']);
  });

  it('ignores a Range (RFC 9110 section 14.2)', async () => {
    const cache = world.start();
    await world.get(cache, URL_1);
    expect(await read(await world.get(cache, URL_1, { method: 'HEAD', headers: { range: 'bytes=0-1' } }))).toEqual([
      200,
      '',
    ]);
  });

  it('with another version makes the tile stale, even if nothing else differs', async () => {
    const cache = world.start({ layers: { roads: {} } });
    world.answer = () => tile('one', { 'x-tile-version': 'a' });
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = ({ method }) => tile(method === 'HEAD' ? null : 'two', { 'x-tile-version': 'b' });
    await world.get(cache, URL_1, { method: 'HEAD' });
    const answer = await world.get(cache, URL_1);
    expect([await answer.text(), answer.headers.get('x-tile-version')]).toEqual(['two', 'b']);
  });

  it('that freshens a tile with no-store removes it', async () => {
    const cache = world.start({ layers: { roads: { maxAge: 86_400 } } });
    world.answer = () => tile('one', { etag: '"1"' });
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = ({ method }) => tile(method === 'HEAD' ? null : 'two', { etag: '"1"', 'cache-control': 'no-store' });
    await world.get(cache, URL_1, { method: 'HEAD' });
    expect(await read(await world.get(cache, URL_1))).toEqual([200, 'two']);
  });

  it('with a sign-in page does not affect the tile', async () => {
    const cache = world.start({ layers: { roads: { staleIfError: Infinity } } });
    world.answer = () => tile('one');
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => tile(null, { 'content-type': 'text/html', 'cache-control': 'no-store' });
    await world.get(cache, URL_1, { method: 'HEAD' });
    world.answer = () => Promise.reject(new TypeError('offline'));
    expect(await read(await world.get(cache, URL_1))).toEqual([200, 'one']);
  });

  it('that finds a tile changed does not protect it from a purge', async () => {
    // Nothing has deleted the tile, so only the rule decides.
    const cache = world.start({ layers: { roads: { staleIfError: Infinity } } }, { index: noIndex });
    world.answer = () => tile('one', { etag: '"1"' });
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => tile(null, { etag: '"2"' });
    await world.get(cache, URL_1, { method: 'HEAD' });
    world.answer = () => Promise.reject(new TypeError('offline'));
    // The old tile is better than nothing until it is purged.
    expect(await read(await world.get(cache, URL_1))).toEqual([200, 'one']);
    const bbox = [-130, 45, -100, 60];
    const purge = { type: 'CACHE_INVALIDATE', id: 'one', layer: 'roads', mode: 'purge', bbox };
    const ack = await new Promise((resolve) => cache.message(purge, { postMessage: resolve } as never, 'page'));
    expect(ack).toMatchObject({ ok: true });
    expect((await world.get(cache, URL_1)).status).toBe(504);
  });

  it('with no-store writes nothing (RFC 9111 section 5.2.1.5)', async () => {
    const cache = world.start();
    world.answer = () => tile('one', { etag: '"1"' });
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => tile(null, { etag: '"1"', 'x-new': '1' });
    await world.get(cache, URL_1, { method: 'HEAD', headers: { 'cache-control': 'no-store' } });
    expect((await world.get(cache, URL_1)).headers.get('cache-status')).toContain('fwd=stale');
  });

  it.each<[string, string]>([
    ['the same', '"1"'],
    ['another', '"2"'],
  ])('that arrives after a newer tile and has %s ETag does not restore the older one', async (_, etag) => {
    const forgiving = 'max-age=60, stale-if-error=9999';
    world.answer = () => tile('one', { etag: '"1"', 'cache-control': forgiving });
    const cache = world.start({ memoryBytes: 0 });
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    const { releases, asked } = held(world);
    const head = world.get(cache, URL_1, { method: 'HEAD' });
    await asked(1);
    world.answer = () => tile('two', { etag: '"2"', 'cache-control': forgiving });
    await world.get(cache, URL_1);
    releases[0]!(tile(null, { etag, 'cache-control': forgiving }));
    await head;
    world.answer = () => Promise.reject(new TypeError('offline'));
    expect(await read(await world.get(cache, URL_1))).toEqual([200, 'two']);
  });

  it('gets a stale tile if a GET would, when the origin is unreachable', async () => {
    const cache = world.start({ layers: { roads: { staleIfError: Infinity } } });
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    world.answer = () => Promise.reject(new TypeError('offline'));
    const answer = await world.get(cache, URL_1, { method: 'HEAD' });
    expect([answer.status, label(answer)]).toEqual([200, 'sw-tile-cache; fwd=stale; detail=network']);
    world.asked.length = 0;
    await expect(world.get(cache, '/tiles/roads/3/1/3.png', { method: 'HEAD' })).rejects.toThrow('offline');
    expect(world.asked).toHaveLength(1);
  });
});

describe('a Range of a tile that is not stored', () => {
  const part = () => new Response('ti', { status: 206, headers: { 'content-range': 'bytes 0-1/4' } });
  const range = { range: 'bytes=0-1' };

  it('does not get a purged tile from the HTTP cache, whatever its cache mode', async () => {
    const cache = world.start();
    await world.get(cache, URL_1);
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads' });
    world.answer = part;
    for (const mode of ['force-cache', 'default', 'reload'] as const)
      await world.get(cache, URL_1, { cache: mode, headers: range });
    expect(world.asked.slice(1).map((request) => request.cache)).toEqual(['no-cache', 'no-cache', 'reload']);
  });

  it('of a partition leaves nothing in the HTTP cache, whatever its cache mode', async () => {
    const cache = world.start({ layers: { roads: { partition: () => 'anna' } } });
    world.answer = part;
    for (const mode of ['reload', 'force-cache', 'default'] as const)
      await world.get(cache, URL_1, { cache: mode, headers: range });
    expect(world.asked.map((request) => request.cache)).toEqual(['no-store', 'no-store', 'no-store']);
  });

  it('is requested again if the tile was purged meanwhile', async () => {
    const cache = world.start();
    await world.get(cache, '/tiles/roads/3/1/3.png');
    const { releases, asked } = held(world);
    const pending = world.get(cache, URL_1, { headers: range });
    await asked(1);
    await send(cache, { type: 'CACHE_INVALIDATE', layer: 'roads' });
    world.answer = () => new Response('ne', { status: 206 });
    releases[0]!(new Response('ol', { status: 206 }));
    const answer = await pending;
    expect(label(answer)).toBe('sw-tile-cache; fwd=uri-miss; fwd-status=206');
    expect(await read(answer)).toEqual([206, 'ne']);
  });

  it('comes from the network if the stored body cannot be read', async () => {
    const cache = world.start({ memoryBytes: 0 });
    await world.get(cache, URL_1);
    const [stored] = [...world.caches.caches.values()];
    const match = stored!.match.bind(stored);
    stored!.match = async (key: string) => {
      const found = await match(key);
      return (
        found &&
        new Response(new ReadableStream({ start: (controller) => controller.error(new Error('gone')) }), {
          headers: found.headers,
        })
      );
    };
    world.answer = part;
    expect(await read(await world.get(cache, URL_1, { headers: range }))).toEqual([206, 'ti']);
  });
});

describe('an unsafe method', () => {
  it('invalidates its target even if the rule cannot be written (RFC 9111 section 4.4)', async () => {
    const cache = world.start();
    await world.get(cache, URL_1);
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given: Parameters<typeof transaction>) {
      if (given[1] === 'readwrite') throw new DOMException('full', 'QuotaExceededError');
      return transaction.apply(this, given);
    };
    try {
      world.answer = ({ method }) => (method === 'PUT' ? new Response(null, { status: 204 }) : tile('new'));
      await world.get(cache, URL_1, { method: 'PUT', body: 'x' });
      expect(await read(await world.get(cache, URL_1))).toEqual([200, 'new']);
      expect(world.posted).toContainEqual(expect.objectContaining({ notice: 'storagefailed' }));
    } finally {
      IDBDatabase.prototype.transaction = transaction;
    }
  });
});

describe('an unsafe method for one URL', () => {
  const wms = (layers: string) => `/wms?SERVICE=WMS&REQUEST=GetLegendGraphic&LAYERS=${layers}`;
  const put = ({ method }: Request) =>
    method === 'GET'
      ? tile('one')
      : new Response(null, { status: 200, headers: { location: '/tiles/roads/3/0/0.png' } });
  const from = (response: Response) => (label(response)?.includes('hit') ? 'store' : 'origin');

  it('does not affect neighbours without a position', async () => {
    const cache = world.start({ layers: { base: { template: '/wms*', maxAge: 60 } } });
    world.answer = put;
    for (const layers of ['a', 'b']) await world.get(cache, wms(layers));
    await world.get(cache, '/wms');
    await world.get(cache, '/wms', { method: 'POST', body: '<GetFeature/>' });
    expect(from(await world.get(cache, wms('a')))).toBe('store');
    expect(from(await world.get(cache, wms('b')))).toBe('store');
    expect(from(await world.get(cache, '/wms'))).toBe('origin');
  });

  it('invalidates this URL and those in its answer, and no others in a hundred writes', async () => {
    const cache = world.start({ layers: { roads: { maxAge: 60 } } });
    world.answer = put;
    const urls = Array.from({ length: 100 }, (_, i) => `/tiles/roads/9/${i}/7.png`);
    const others = ['/tiles/roads/9/50/8.png', '/tiles/roads/9/7/7.webp', '/tiles/roads/9/7/7@2x.png'];
    for (const url of [...urls, ...others, '/tiles/roads/3/0/0.png']) await world.get(cache, url);
    for (const url of urls) await world.get(cache, url, { method: 'PUT', body: 'x' });
    for (const url of others) expect(from(await world.get(cache, url))).toBe('store');
    world.asked.length = 0;
    for (const url of [urls[0]!, '/tiles/roads/3/0/0.png']) expect(from(await world.get(cache, url))).toBe('origin');
    // The HTTP cache must not answer with an invalidated response either.
    expect(world.asked.map((request) => request.cache)).toEqual(['no-cache', 'no-cache']);
  });

  it('applies to other credentials, and after a restart', async () => {
    world.answer = put;
    const headers = { authorization: 'Bearer another' };
    const cache = world.start({ layers: { roads: { maxAge: 60 } } });
    await world.get(cache, URL_1, { headers });
    expect(from(await world.get(cache, URL_1, { headers }))).toBe('store');
    await world.get(cache, URL_1, { method: 'DELETE' });
    const again = world.start({ layers: { roads: { maxAge: 60 } } });
    expect(from(await world.get(again, URL_1, { headers }))).toBe('origin');
  });
});

describe('Cache-Status', () => {
  it('has no fwd if no request was sent', async () => {
    const answer = await world.get(world.start(), URL_1, { headers: { 'cache-control': 'only-if-cached' } });
    expect([answer.status, label(answer)]).toEqual([504, 'sw-tile-cache; detail=only-if-cached']);
  });
});
