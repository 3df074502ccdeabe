// What a status says about a tile: it exists, it does not exist, or nothing.
import { deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, ORIGIN, type World } from '../fakes/world';

const url = '/tiles/roads/3/1/2.bin';
const type = { 'content-type': 'application/octet-stream' };
const good = () =>
  new Response('good', { headers: { ...type, 'cache-control': 'max-age=60, stale-if-error=86400', etag: '"g"' } });
const offline = () => Promise.reject(new TypeError('offline'));

let world: World;
beforeEach(() => {
  world = createWorld();
});

/** Stores a good tile that becomes stale. The origin answers with this status, and then the network fails. */
async function after(status: number, headers: Record<string, string>) {
  const cache = world.start();
  world.answer = good;
  await world.get(cache, url);
  world.clock.now += 90_000;
  world.answer = () => new Response(status === 205 ? null : 'other', { status, headers: { ...type, ...headers } });
  const answered = await world.get(cache, url);
  world.answer = offline;
  const later = await world.get(cache, url);
  return { answered: answered.status, later: `${later.status} ${await later.text()}` };
}

// Accepted and not rendered yet, reset, a part that nobody asked for, lists, a difference; choices and redirects that lead
// nowhere; errors of the request, of proxies (Cloudflare's 52x) and of servers.
const NOTHING = [
  ...[202, 205, 206, 207, 208, 226, 300, 301, 302, 303, 305, 307, 308],
  ...[
    400, 401, 402, 403, 405, 406, 407, 408, 409, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426,
  ],
  ...[428, 429, 431, 444, 449, 451, 495, 496, 497, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511],
  ...[520, 521, 522, 523, 524, 525, 526, 527, 529, 530, 561, 598, 599],
];

describe.each([
  ['with a lifetime', { 'cache-control': 'max-age=86400' }],
  ['without a lifetime', {}],
  ['that must not be stored', { 'cache-control': 'no-store' }],
])('an answer that says nothing about the tile, %s', (_, headers) => {
  it.each(NOTHING)('%i neither replaces nor removes the good tile', async (status) => {
    expect((await after(status, headers as Record<string, string>)).later).toBe('200 good');
  });
});

it.each([201, 203, 299])('%i brings the tile', async (status) => {
  expect((await after(status, { 'cache-control': 'max-age=60' })).later).toBe(`${status} other`);
});

describe('a failure with a lifetime if nothing is stored', () => {
  it.each([429, 500, 503, 520])('%i does not stand in for itself', async (status) => {
    const cache = world.start();
    world.answer = () => new Response('busy', { status, headers: { 'cache-control': 'max-age=60' } });
    const answered = await world.get(cache, url);
    expect(answered.headers.get('cache-status')).toBe(`sw-tile-cache; fwd=uri-miss; fwd-status=${status}`);
    world.clock.now += 90_000;
    world.answer = offline;
    expect((await world.get(cache, url)).status).toBe(504);
  });

  it.each(
    [202, 207, 226, 300, 301, 303, 307, 308, 403, 405, 414, 500, 501].flatMap((status) => [
      [status, { 'cache-control': 'max-age=86400' }],
      [status, { 'cache-control': 'max-age=30, stale-while-revalidate=86400' }],
      [status, { 'cache-control': 'public', expires: 'Thu, 01 Jan 2037 00:00:00 GMT' }],
      [status, { 'cache-control': 'public', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }],
    ]) as Array<[number, Record<string, string>]>,
  )('%i replaces the tile for at most negativeMaxAge, with %o', async (status, headers) => {
    const cache = world.start({ layers: { roads: { maxAge: 900, staleWhileRevalidate: 900 } } });
    world.answer = () => new Response('busy', { status, headers });
    await world.get(cache, url);
    world.answer = good;
    const own = Number(/max-age=(\d+)/.exec(headers['cache-control']!)?.[1] ?? 60);
    world.clock.now += Math.min(own, 60) * 1000 - 1000;
    expect((await world.get(cache, url)).status).toBe(status);
    world.clock.now += 2000;
    expect(await (await world.get(cache, url)).text()).toBe('good');
  });
});

describe('an HTML page that a proxy has compressed without Content-Encoding', () => {
  const page = '<!DOCTYPE html><html><body>Log in</body></html>';
  it.each([
    ['pbf', 'application/x-protobuf', gzipSync(page)],
    ['pbf', '', gzipSync('{"error":"no such layer"}')],
    ['geojson', 'application/geo+json', gzipSync(page)],
    ['bin', '', deflateSync(page)],
    ['bin', 'application/octet-stream', gzipSync(page)],
  ])('in place of .%s with the type "%s" never replaces the good tile', async (extension, type, body) => {
    const path = url.replace('bin', extension);
    const cache = world.start();
    const tile = { pbf: '\x1a\x00', geojson: '{"type":"FeatureCollection","features":[]}' }[extension] ?? 'good';
    world.answer = () => new Response(tile, { headers: { 'cache-control': 'max-age=60, stale-if-error=86400' } });
    const first = new Uint8Array(await (await world.get(cache, path)).arrayBuffer());
    world.clock.now += 90_000;
    world.answer = () =>
      new Response(body, {
        headers: {
          ...(type && { 'content-type': type }),
          'cache-control': 'max-age=60',
          'content-length': String(body.byteLength),
        },
      });
    expect((await world.get(cache, path)).headers.get('cache-status')).toContain('fwd=stale; detail=');
    world.answer = offline;
    expect(new Uint8Array(await (await world.get(cache, path)).arrayBuffer())).toEqual(first);
  });

  it.each([
    ['a vector tile', gzipSync(Buffer.from([0x1a, 0]))],
    ['a damaged gzip body', gzipSync(Buffer.alloc(2000, 'x')).subarray(0, 24)],
    ['a body that is gzipped twice', gzipSync(gzipSync(Buffer.from([0x1a, 0])))],
    [
      'a body larger than any error message',
      gzipSync(Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i * 7919) % 251))),
    ],
  ])('but %s is stored', async (_, body) => {
    const path = url.replace('bin', 'pbf');
    const cache = world.start();
    world.answer = () =>
      new Response(body, { headers: { 'content-type': 'application/x-protobuf', 'cache-control': 'max-age=60' } });
    await world.get(cache, path);
    world.answer = offline;
    expect((await world.get(cache, path)).headers.get('cache-status')).toContain('hit');
  });
});

it.each([600, 999])('%i, which scripts cannot create, reaches the page as without a worker', async (status) => {
  const cache = world.start();
  // Browsers pass on such a status. Only `new Response` refuses it.
  const odd = () => Object.defineProperty(new Response('odd', { headers: type }), 'status', { value: status });
  world.answer = odd;
  for (const init of [{}, { cache: 'no-store' }] as RequestInit[]) {
    const request = new Request(new URL(url, ORIGIN), init);
    const { response, done } = cache.handle({ request, address: cache.match(request.url)! });
    expect((await response).status).toBe(status);
    await done;
  }
  // It does not replace a good tile either.
  world.answer = good;
  await world.get(cache, url);
  world.clock.now += 90_000;
  world.answer = odd;
  expect(await (await world.get(cache, url)).text()).toBe('good');
});

it('a request that is sent to the origin unchanged fails once', async () => {
  const cache = world.start();
  world.answer = offline;
  for (const init of [{ cache: 'no-store' }, { headers: { range: 'bytes=0-1' } }] as RequestInit[]) {
    world.asked.length = 0;
    await expect(world.get(cache, url, init)).rejects.toThrow('offline');
    expect(world.asked).toHaveLength(1);
  }
});

it('an unexpected 304 is not a tile', async () => {
  const cache = world.start();
  world.answer = () => new Response(null, { status: 304, headers: { etag: '"x"', 'cache-control': 'max-age=60' } });
  expect((await world.get(cache, url)).status).toBe(504);
  world.answer = good;
  expect(await (await world.get(cache, url)).text()).toBe('good');
});
