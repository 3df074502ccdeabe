import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { ago, CACHE, createMoveWorld, noteExpiration, PNG, TILE, type MoveWorld } from './world';

let world: MoveWorld;
beforeEach(() => (world = createMoveWorld()));

const move = (more: object = {}) => world.move({ from: 'workbox', cache: CACHE, ...more });
const status = (answer: Response | undefined) => answer?.headers.get('cache-status');

describe('tiles of a Workbox cache', () => {
  it('are taken over without a request, and answered offline', async () => {
    await world.old(TILE, { 'cache-control': 'max-age=3600', date: ago(world, 60) });
    await world.old('/tiles/roads/6/33/23.png');
    expect(await move()).toEqual({ taken: 2, refused: {}, skipped: 0, deleted: 0 });
    expect(world.asked).toEqual([]);
    const answer = await world.offline(TILE);
    expect(new Uint8Array(await answer!.arrayBuffer())).toEqual(PNG);
    expect(answer!.headers.get('content-type')).toBe('image/png');
    expect(world.asked).toEqual([]);
    world.restart();
    expect((await world.offline('/tiles/roads/6/33/23.png'))?.status).toBe(200);
  });

  it('have the age of their Date: fresh if it proves that, and otherwise validated', async () => {
    await world.old(TILE, { 'cache-control': 'max-age=3600', date: ago(world, 60) });
    await world.old('/tiles/roads/6/33/23.png', { 'cache-control': 'max-age=3600', date: ago(world, 7200) });
    await world.old('/tiles/roads/6/33/24.png', { 'cache-control': 'max-age=3600', date: ago(world, 60), age: '3590' });
    await move();
    const fresh = await world.offline(TILE);
    expect(fresh!.headers.get('age')).toBe('60');
    expect(status(fresh)).toContain('hit; ttl=3540');
    expect(world.asked).toEqual([]);
    const old = await world.offline('/tiles/roads/6/33/23.png');
    expect(old!.headers.get('age')).toBe('7200');
    expect(world.asked).toHaveLength(1);
    const aged = await world.offline('/tiles/roads/6/33/24.png');
    expect(aged!.headers.get('age')).toBe('3590');
    expect(status(aged)).toContain('ttl=10');
  });

  it.each([
    ['no Date', {}],
    ['a Date in the future', { date: 'Fri, 01 Jan 2027 00:00:00 GMT' }],
    ['an invalid Date', { date: 'yesterday' }],
  ])('with %s have an unknown age, and are never fresh', async (_, headers) => {
    await world.old(TILE, { 'cache-control': 'max-age=3600', ...headers });
    await noteExpiration({ [TILE]: world.clock.now - 600_000 });
    await move();
    const answer = await world.offline(TILE);
    expect(world.asked).toHaveLength(1);
    expect(answer!.status).toBe(200);
    expect(answer!.headers.get('server-timing')).toContain('tile-age;desc=unknown');
    expect(status(answer)).not.toContain('ttl=3');
  });

  it('are at least as old as the timestamp of the expiration plugin', async () => {
    await world.old(TILE);
    await noteExpiration({ [TILE]: world.clock.now - 600_000 });
    await move();
    expect((await world.offline(TILE))!.headers.get('age')).toBe('600');
  });

  it('are validated with their own validators', async () => {
    await world.old(TILE, { etag: '"a"' });
    await move();
    world.answer = () => new Response(null, { status: 304, headers: { etag: '"a"', 'cache-control': 'max-age=60' } });
    const answer = await world.get(world.worker, TILE);
    expect(world.asked[0]!.headers.get('if-none-match')).toBe('"a"');
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(PNG);
    const again = await world.get(world.worker, TILE);
    expect(status(again)).toContain('hit');
    expect(world.asked).toHaveLength(1);
  });

  it.each<[string, string, Record<string, string>, BodyInit | null, number, string]>([
    ['an HTML page', TILE, { 'content-type': 'text/html' }, '<!doctype html><title>log in</title>', 200, 'implausible'],
    ['HTML with the type of an image', TILE, {}, '<html><body>busy</body></html>', 200, 'implausible'],
    [
      'a gzipped HTML page',
      '/tiles/roads/6/33/22.pbf',
      { 'content-type': 'application/x-protobuf' },
      gzipSync('<!doctype html><title>busy</title>'),
      200,
      'implausible',
    ],
    ['a truncated image', TILE, {}, PNG.slice(0, 40), 200, 'implausible'],
    ['an empty body', TILE, {}, null, 200, 'implausible'],
    ['an error', TILE, {}, 'no', 503, 'status'],
    ['a 404', TILE, {}, 'no', 404, 'status'],
    ['a response with no-store', TILE, { 'cache-control': 'no-store' }, PNG.slice(), 200, 'no-store'],
    ['a response with Vary: *', TILE, { vary: '*' }, PNG.slice(), 200, 'no-store'],
    ['a URL that is not a tile', '/app.js', {}, PNG.slice(), 200, 'no-layer'],
    ['a tile of an unknown layer', '/tiles/rivers/6/33/22.png', {}, PNG.slice(), 200, 'no-layer'],
  ])('%s is refused, counted, and stays in the old cache', async (_, url, headers, body, code, reason) => {
    await world.old(url, headers, body, code);
    await world.old('/tiles/roads/1/1/1.png');
    expect(await move({ deleteAfter: true })).toEqual({ taken: 1, refused: { [reason]: 1 }, skipped: 0, deleted: 1 });
    expect(world.oldUrls()).toEqual([url]);
  });

  it('are refused if they are opaque', async () => {
    await world.old(TILE);
    const cache = await world.caches.open(CACHE);
    const { match } = cache;
    cache.match = async (key) => {
      const response = await match.call(cache, key);
      return response && Object.defineProperties(response, { type: { value: 'opaque' }, status: { value: 0 } });
    };
    expect((await move()).refused).toEqual({ opaque: 1 });
  });

  it('never replace a stored tile, whatever it is', async () => {
    world.answer = () => new Response('own', { headers: { 'content-type': 'application/octet-stream' } });
    await world.get(world.worker, TILE);
    await world.old(TILE, { date: ago(world, 0) });
    expect(await move({ deleteAfter: true })).toEqual({ taken: 0, refused: {}, skipped: 1, deleted: 0 });
    world.answer = () => Promise.reject(new TypeError('no network'));
    expect(await (await world.offline(TILE))!.text()).toBe('own');
    expect(world.oldUrls()).toEqual([TILE]);
  });

  it('do not replace a tile that the network brings meanwhile', async () => {
    await world.old(TILE, { date: ago(world, 10), 'cache-control': 'max-age=3600' });
    world.answer = () =>
      new Response('own', { headers: { 'cache-control': 'max-age=60', 'content-type': 'application/octet-stream' } });
    let fetched = false;
    world.pause = async (what) => {
      if (fetched || !what.startsWith('put') || !what.endsWith('~moved')) return;
      fetched = true;
      await world.get(world.worker, TILE);
    };
    expect(await move()).toMatchObject({ taken: 0, skipped: 1 });
    expect(await (await world.offline(TILE))!.text()).toBe('own');
  });

  it('are counted once: a second call skips them, and deletes those that the first one took over', async () => {
    await world.old(TILE);
    expect(await move()).toMatchObject({ taken: 1 });
    expect(await move()).toEqual({ taken: 0, refused: {}, skipped: 1, deleted: 0 });
    world.restart();
    expect(await move({ deleteAfter: true })).toEqual({ taken: 0, refused: {}, skipped: 1, deleted: 1 });
    expect(world.oldUrls()).toEqual([]);
    expect((await world.offline(TILE))?.status).toBe(200);
  });

  it('are replaced by later tiles from the network', async () => {
    await world.old(TILE);
    await move();
    world.answer = () =>
      new Response('new', { headers: { 'cache-control': 'max-age=60', 'content-type': 'application/octet-stream' } });
    expect(await (await world.get(world.worker, TILE)).text()).toBe('new');
    world.restart();
    expect(await (await world.offline(TILE))!.text()).toBe('new');
  });

  it('are found for the variant that their request selected', async () => {
    const cache = await world.caches.open(CACHE);
    cache.keys = async () => [new Request(`https://map.example${TILE}`, { headers: { accept: 'image/webp' } })];
    await world.old(TILE, { vary: 'Accept', date: ago(world, 1), 'cache-control': 'max-age=60' });
    await move();
    expect(status(await world.offline(TILE, { headers: { accept: 'image/webp' } }))).toContain('hit');
    expect(await world.offline(TILE, { headers: { accept: 'image/png' } })).not.toMatchObject({ status: 200 });
  });

  it('that were stored without a secret in the URL are found with it, and no key contains it', async () => {
    await world.old(TILE, { date: ago(world, 1), 'cache-control': 'max-age=60' });
    await move({ query: 'access_token=pk.topsecret&lang=de' });
    expect(status(await world.offline(`${TILE}?access_token=pk.topsecret&lang=de`))).toContain('hit');
    expect(await world.offline(`${TILE}?access_token=pk.other&lang=de`)).not.toMatchObject({ status: 200 });
    const keys = [...world.caches.caches.values()].flatMap(({ entries }) => [...entries.keys()]);
    expect(keys.join()).not.toContain('topsecret');
    expect(JSON.stringify(world.posted)).not.toContain('topsecret');
  });
});
