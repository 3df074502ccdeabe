import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../fakes/world';

const PATH = '/tiles/roads/8/75/96.pbf';
const OCTETS = { 'content-type': 'application/octet-stream' };
const good = (text = 'good', headers: Record<string, string> = {}) =>
  new Response(text, { headers: { ...OCTETS, 'cache-control': 'max-age=10, stale-if-error=86400', ...headers } });
const none = (status: number, headers: Record<string, string> = {}) =>
  new Response(status === 204 || status === 200 ? null : 'no', { status, headers: { ...OCTETS, ...headers } });

let world: World;
let cache: ReturnType<World['start']>;
beforeEach(() => {
  world = createWorld();
  cache = world.start({ layers: { roads: {} } });
});
const get = () => world.get(cache, PATH);
const textOf = async (response: Response) => `${response.status} ${await response.text()}`;
const later = (seconds: number) => void (world.clock.now += seconds * 1000);
const down = () => {
  world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
};
/** Stores a good tile, and lets it become stale. */
const storeGood = async (headers: Record<string, string> = {}) => {
  world.answer = () => good('good', headers);
  await get();
  later(20);
  world.asked.length = 0;
};

describe('a publication that fails half-way', () => {
  it.each([404, 204, 200])(
    '%i without a tile hides a good one for a minute, and does not delete it',
    async (status) => {
      await storeGood();
      world.answer = () => none(status, { 'cache-control': 'max-age=86400' });
      expect((await get()).status).toBe(status);
      // The answer comes from the store, and does not contain our internal header.
      later(30);
      const hidden = await get();
      expect(hidden.status).toBe(status);
      expect(hidden.headers.get('cache-status')).toMatch(/hit; ttl=30/);
      expect([...hidden.headers.keys()].filter((name) => name.startsWith('x-sw'))).toEqual([]);
      expect(world.asked).toHaveLength(1);
      later(31);
      down();
      expect(await textOf(await get())).toBe('200 good');
    },
  );

  it('still hides the tile after a restart of the worker', async () => {
    await storeGood();
    world.answer = () => none(404);
    await get();
    later(61);
    down();
    cache = world.start({ layers: { roads: {} } });
    expect(await textOf(await get())).toBe('200 good');
  });

  it('ends when the tile is back, and pages are told', async () => {
    await storeGood({ etag: '"a"' });
    world.answer = () => none(404);
    await get();
    later(61);
    world.answer = ({ headers }) =>
      headers.get('if-none-match') === '"a"' ? new Response(null, { status: 304, headers: { etag: '"a"' } }) : good();
    const back = await get();
    expect(await textOf(back)).toBe('200 good');
    expect(back.headers.get('cache-status')).toContain('fwd-status=304');
    // The first 404 is forgotten: from now on it takes two again.
    later(20);
    world.answer = () => none(404);
    await get();
    later(61);
    down();
    expect(await textOf(await get())).toBe('200 good');
  });

  it('a second 404 after that minute removes the tile', async () => {
    await storeGood();
    world.answer = () => none(404);
    await get();
    later(61);
    expect((await get()).status).toBe(404);
    later(61);
    down();
    expect((await get()).status).not.toBe(200);
  });

  it('a second 404 within the minute does not remove the tile, and does not extend the minute', async () => {
    await storeGood();
    world.answer = () => none(404);
    await get();
    later(50);
    expect((await world.get(cache, PATH, { cache: 'no-cache' })).status).toBe(404);
    expect(world.asked).toHaveLength(2);
    later(11);
    down();
    expect(await textOf(await get())).toBe('200 good');
  });

  it('a 410 removes it at once', async () => {
    await storeGood();
    world.answer = () => none(410);
    await get();
    later(61);
    down();
    expect((await get()).status).not.toBe(200);
  });

  it.each([
    ['stored', 'max-age=10'],
    ['not stored', 'no-store'],
  ])('a 410 that may be %s also removes the tile of an older version', async (_, cacheControl) => {
    const announce = (version: string) =>
      cache.message(
        {
          type: 'TILE_VERSIONS',
          id: version,
          manifest: { layers: { roads: { version } } },
          confirmedAt: world.clock.now,
        },
        undefined,
      );
    await announce('1');
    await storeGood();
    await announce('2');
    down();
    expect(await textOf(await get())).toBe('200 good');
    world.answer = () => none(410, { 'cache-control': cacheControl });
    expect((await get()).status).toBe(410);
    later(61);
    down();
    expect((await get().catch(() => undefined))?.status).not.toBe(200);
  });

  it('a 410 for the URL of another version does not remove the tile that stood in for it', async () => {
    cache = world.start({ layers: { roads: { versionParam: 'v' } } });
    const at = (version: string) => world.get(cache, `${PATH}?v=${version}`);
    const manifest = { layers: { roads: { version: '1' } } };
    await cache.message({ type: 'TILE_VERSIONS', id: 'a', manifest, confirmedAt: world.clock.now }, undefined);
    world.answer = () => good('good', { etag: '"1"' });
    await at('1');
    world.answer = () => none(410, { 'cache-control': 'no-store' });
    expect((await at('2')).status).toBe(410);
    later(20);
    down();
    expect(await textOf(await at('1'))).toBe('200 good');
  });

  it('a 404 of a newer version removes it at once', async () => {
    await storeGood({ 'x-tile-version': '1' });
    world.answer = () => none(404, { 'x-tile-version': '2' });
    await get();
    later(61);
    down();
    expect((await get()).status).not.toBe(200);
  });

  it.each([404, 410, 403])("an older version's %i does not hide the new version's tile", async (status) => {
    cache = world.start({ layers: { roads: { versionPolicy: 'serve-stale' } } });
    const announce = (version: string) =>
      cache.message({ type: 'TILE_VERSIONS', id: version, manifest: { version }, confirmedAt: 1 }, undefined);
    await announce('1');
    world.answer = () => none(status, { 'cache-control': 'max-age=60' });
    expect((await get()).status).toBe(status);
    await announce('2');
    world.answer = () => good('new');
    expect(await textOf(await get())).toBe('200 new');
  });

  it('a purge reaches the hidden tile', async () => {
    await storeGood();
    world.answer = () => none(404);
    await get();
    await cache.message({ type: 'CACHE_INVALIDATE', layer: 'roads', id: 'a' }, undefined);
    later(61);
    down();
    expect((await get()).status).not.toBe(200);
  });

  it('a 404 that must not be stored deletes nothing', async () => {
    await storeGood();
    world.answer = () => none(404, { 'cache-control': 'no-store' });
    expect((await get()).status).toBe(404);
    down();
    expect(await textOf(await get())).toBe('200 good');
  });

  it("without a good tile, the origin's headers determine its lifetime", async () => {
    world.answer = () => none(404, { 'cache-control': 'max-age=600' });
    await get();
    later(590);
    expect((await get()).headers.get('cache-status')).toContain('hit; ttl=10');
    later(11);
    await get();
    expect(world.asked).toHaveLength(2);
  });
});

describe('a status that says nothing about the tile', () => {
  const STATUSES = [
    400, 401, 402, 403, 405, 406, 407, 408, 409, 411, 414, 415, 418, 421, 422, 423, 425, 426, 429, 451, 499,
  ];
  it.each([...STATUSES, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 522, 530, 599])(
    '%i with a max-age reaches the page or a good tile stands in, and it replaces nothing',
    async (status) => {
      await storeGood();
      for (const headers of [
        { 'cache-control': 'max-age=86400' },
        { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
      ]) {
        world.answer = () => none(status, headers);
        const answer = await get();
        const failed = status === 429 || (status >= 500 && ![501, 505].includes(status));
        expect(await textOf(answer)).toBe(failed ? '200 good' : `${status} no`);
        expect(answer.headers.get('cache-status')).not.toContain('stored');
        down();
        expect(await textOf(await get())).toBe('200 good');
      }
    },
  );

  it.each([403, 500, 503])('a %i in the background does not replace the stale tile', async (status) => {
    world.answer = () => good('good', { 'cache-control': 'max-age=10, stale-while-revalidate=3600' });
    await get();
    later(20);
    world.answer = () => none(status, { 'cache-control': 'max-age=60' });
    await get();
    expect(await textOf(await get())).toBe('200 good');
  });

  it('does not replace a tile beyond its windows either', async () => {
    await storeGood({ 'cache-control': 'max-age=10' });
    world.answer = () => none(503, { 'cache-control': 'max-age=60' });
    expect((await get()).status).toBe(503);
    expect(world.asked).toHaveLength(1);
    world.answer = () => good('new');
    expect(await textOf(await get())).toBe('200 new');
  });
});

describe('a request that wants no redirect followed', () => {
  it.each(['manual', 'error'] as const)('%s: gets only a response that came without a redirect', async (redirect) => {
    await get();
    await world.get(cache, PATH, { redirect });
    expect(world.asked).toHaveLength(1);
    const modes: string[] = [];
    world.answer = (request) => {
      modes.push(request.redirect);
      const answer = good('elsewhere', { 'cache-control': 'max-age=600' });
      if (request.redirect === 'follow') Object.defineProperty(answer, 'redirected', { value: true });
      return answer;
    };
    await world.get(cache, '/tiles/roads/8/1/1.pbf');
    await world.get(cache, '/tiles/roads/8/1/1.pbf', { redirect });
    expect(modes).toEqual(['follow', redirect]);
  });
});

describe('a refused body', () => {
  it.each([
    ['<ServiceExceptionReport><ServiceException/></ServiceExceptionReport>', 'application/vnd.ogc.se_xml'],
    ['{"error":"no such layer"}', 'application/json'],
    ['Rate limit exceeded', 'text/plain'],
    ['<!-- --><html></html>', ''],
  ])('%s never replaces a good tile', async (body, type) => {
    await storeGood();
    world.answer = () =>
      new Response(new TextEncoder().encode(body), {
        headers: { ...(type && { 'content-type': type }), 'cache-control': 'max-age=60' },
      });
    for (let i = 0; i < 2; i += 1) {
      const answer = await get();
      expect(await textOf(answer)).toBe('200 good');
      expect(answer.headers.get('cache-status')).toMatch(/fwd=stale; detail=/);
    }
  });

  it('is reported once a minute per layer, with the reason and the count', async () => {
    world.answer = () => new Response('Rate limit exceeded', { headers: { 'content-type': 'text/plain' } });
    for (const x of [1, 2, 3]) await world.get(cache, `/tiles/roads/8/${x}/96.pbf`);
    const notices = () => world.posted.filter((one) => (one as { notice?: string }).notice === 'refused');
    expect(notices()).toEqual([
      { type: 'TILE_NOTICE', notice: 'refused', layer: 'roads', detail: 'text in place of a vector tile' },
    ]);
    later(61);
    await get();
    expect(notices()).toHaveLength(2);
    const counted = world.posted.flatMap((one) => (one as { validations?: { failed: boolean }[] }).validations ?? []);
    expect(counted.filter(({ failed }) => failed)).toHaveLength(4);
  });

  it('that is the same twice is left to the HTTP cache', async () => {
    await storeGood();
    let body = 'Rate limit exceeded';
    world.answer = () =>
      new Response(body, { headers: { 'content-type': 'text/plain', 'cache-control': 'max-age=60' } });
    for (let i = 0; i < 4; i += 1) expect(await textOf(await get())).toBe('200 good');
    body = 'Rate limit still exceeded';
    for (let i = 0; i < 3; i += 1) expect(await textOf(await get())).toBe('200 good');
    expect(world.asked.map(({ cache }) => cache)).toEqual([
      'no-cache',
      'reload',
      'default',
      'default',
      'default',
      'reload',
      'default',
    ]);
    expect(world.asked[2]!.headers.get('if-none-match')).toBeNull();
    world.answer = () => good('new');
    expect(await textOf(await get())).toBe('200 new');
  });

  it('that is truncated ends as an error if nothing stands in', async () => {
    await storeGood({ 'cache-control': 'max-age=10' });
    world.answer = () => good('goo', { 'content-length': '4' });
    const requests = [get(), get()];
    const [streamed, shared] = await Promise.all(requests);
    await expect(streamed!.text()).rejects.toThrow('cut short');
    expect(shared!.status).toBe(504);
    expect(shared!.headers.get('cache-status')).toBe('sw-tile-cache; fwd=stale; fwd-status=200; detail=cut');
  });
});
