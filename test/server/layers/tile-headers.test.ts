import { describe, expect, it } from 'vitest';
import { cacheControlOf } from '../../../server/layers/tile-headers';
import { createMemoryVersionStore, type VersionStore } from '../../../server/versions/version-store';
import { publishRequest, request, testOrigin } from '../helpers';

const TILE = '/tiles/flood_zones/3/2/1.pbf';

function origin() {
  return testOrigin({ layers: { flood_zones: { preset: 'poi', version: 'v1' }, free: {} } }).origin;
}

describe('tile headers', () => {
  it('name version, freshness and tags', async () => {
    const { headers } = await origin().tileHeaders(() => new Response('tile'))(request(TILE));
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-tile-version': 'v1',
      'cache-control': 'public, max-age=60, stale-while-revalidate=30, stale-if-error=86400',
      'cache-tag': 'layer:flood_zones,layer:flood_zones:z3',
      'surrogate-key': 'layer:flood_zones layer:flood_zones:z3',
    });
  });

  it('keep the handler’s own fields', async () => {
    const { headers } = await origin().tileHeaders(
      () => new Response('', { headers: { 'cache-control': 'private', 'cache-tag': 'mine', 'surrogate-key': 'mine' } }),
    )(request(TILE));
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'private',
      'cache-tag': 'mine, layer:flood_zones,layer:flood_zones:z3',
      'surrogate-key': 'mine layer:flood_zones layer:flood_zones:z3',
    });
  });

  it.each([302, 303, 307, 308, 304])(
    'let caches store a %i as its status allows (RFC 9110 section 15.4)',
    async (status) => {
      const answer = () => new Response(null, { status, headers: { location: 'https://store.test/t?signature=1' } });
      const { headers } = await origin().tileHeaders(answer)(request(TILE));
      const lifetime = 'public, max-age=60, stale-while-revalidate=30, stale-if-error=86400';
      expect(headers.get('cache-control')).toBe([302, 303, 307].includes(status) ? null : lifetime);
      expect(headers.get('cache-tag')).toContain('layer:flood_zones');
    },
  );

  it('tag metadata so that it can be purged separately', async () => {
    const { headers } = await origin().tileHeaders(() => new Response('{}'))(
      request('/tiles/flood_zones/tilejson.json'),
    );
    expect(headers.get('surrogate-key')).toBe('layer:flood_zones layer:flood_zones:other metadata:flood_zones');
  });

  it('also tag the TileJSON next to a known layer, and no other file', async () => {
    const wrapped = origin().tileHeaders(() => new Response('{}'));
    const tagsOf = async (path: string) => (await wrapped(request(path))).headers.get('cache-tag');
    expect(await tagsOf('/tiles/flood_zones.json')).toBe(
      'layer:flood_zones,layer:flood_zones:other,metadata:flood_zones',
    );
    expect(await Promise.all(['/tiles/other.json', '/tiles/flood_zones.html', '/tiles/%E0.json'].map(tagsOf))).toEqual([
      ...[null, null, null],
    ]);
  });

  it.each(['@2X.pbf', '@1.5x.png', '_2x.png', '.pbf.gz', '.png@2x', '.png;jsessionid=1', '.png/', '/'])(
    'treat a path that ends in 3/2/1%s as a tile, as the worker does',
    async (end) => {
      const { headers } = await origin().tileHeaders(() => new Response('tile'))(
        request(`/tiles/flood_zones/3/2/1${end}`),
      );
      expect(headers.get('surrogate-key')).toBe('layer:flood_zones layer:flood_zones:z3');
    },
  );

  it.each([
    [404, 'public, max-age=60', 'v1'],
    [410, 'public, max-age=60', 'v1'],
    [429, 'no-store', 'v1'],
    [500, 'no-store', null],
  ])('for status %i', async (status, cacheControl, version) => {
    const { headers } = await origin().tileHeaders(() => new Response('', { status }))(request(TILE));
    expect([headers.get('cache-control'), headers.get('x-tile-version')]).toEqual([cacheControl, version]);
  });

  it('leave other requests unchanged', async () => {
    const { headers } = await origin().tileHeaders(() => new Response('page'))(request('/index.html'));
    expect([...headers.keys()]).toEqual(['content-type']);
  });

  it('claim no version while the store cannot be read, and let no cache keep the tile', async () => {
    const memory = createMemoryVersionStore();
    let down = true;
    const fails = async () => Promise.reject(new Error('down'));
    const store: VersionStore = { ...memory, read: () => (down ? fails() : memory.read()) };
    const { origin } = testOrigin({ store, layers: { flood_zones: { preset: 'poi', version: 'v1' } } });
    const tiles = origin.tileHeaders(() => new Response('tile'));
    const told = async (path: string) => {
      const { status, headers } = await tiles(request(path));
      return [status, headers.get('x-tile-version'), headers.get('cache-control')];
    };
    expect(await told(TILE)).toEqual([200, null, 'no-store']);
    expect(await told('/tiles/others.json')).toEqual([200, null, null]);
    down = false;
    expect(await told(TILE)).toEqual([200, 'v1', expect.stringContaining('max-age=60')]);
  });

  it('name the version where the store can be read, but not written', async () => {
    const memory = createMemoryVersionStore();
    const layers = { flood_zones: { version: 'v1' } };
    await testOrigin({ store: memory, layers }).origin.ready();
    const store: VersionStore = { ...memory, update: async () => Promise.reject(new Error('read-only')) };
    const { origin } = testOrigin({ store, layers });
    expect((await origin.tileHeaders(() => new Response('tile'))(request(TILE))).headers.get('x-tile-version')).toBe(
      'v1',
    );
    expect((await origin.fetch(request('/api/tile-version'))).status).toBe(200);
  });

  it('claim no version for a tile that was being rendered when a publication began', async () => {
    const o = origin();
    const handler = o.tileHeaders(async () => {
      await o.fetch(publishRequest({ layer: 'flood_zones', version: 'v2' }));
      return new Response('old or new?');
    });
    const { headers } = await handler(request(TILE));
    expect([headers.get('x-tile-version'), headers.get('cache-control')]).toEqual([null, 'no-store']);
  });
});

describe('cacheControlOf', () => {
  it.each([
    [{ preset: 'base' as const }, 'public, max-age=86400, stale-while-revalidate=604800, stale-if-error=31536000'],
    [
      { preset: 'alerts' as const, sharedMaxAge: 3600 },
      'public, max-age=10, s-maxage=3600, stale-while-revalidate=5, stale-if-error=0',
    ],
    [{ preset: 'poi' as const, maxAge: 5 }, 'public, max-age=5, stale-while-revalidate=30, stale-if-error=86400'],
    [{}, undefined],
  ])('of %j', (layer, expected) => expect(cacheControlOf(layer)).toBe(expected));
});
