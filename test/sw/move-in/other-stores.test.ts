import { beforeEach, describe, expect, it } from 'vitest';
import { noIndex } from '../fakes/no-index';
import { CACHE, createMoveWorld, fillLeaflet, leafletKeys, PNG, TILE, type MoveWorld } from './world';

let world: MoveWorld;
beforeEach(() => {
  world = createMoveWorld({
    layers: {
      roads: { staleIfError: 86_400 },
      osm: { template: 'https://{s}.tile.example/{z}/{x}/{y}.png', staleIfError: 86_400 },
      streets: { template: 'https://api.mapbox.com/v4/streets/{z}/{x}/{y}.vector.pbf', ignoreParams: ['sku'] },
    },
  });
});

const blob = (bytes: Uint8Array<ArrayBuffer> | string = PNG.slice(), type = 'image/png') => new Blob([bytes], { type });
const key = (x: number, shard = 'a') => `https://${shard}.tile.example/6/${x}/22.png`;

describe('tiles of leaflet.offline', () => {
  it('are taken over, and answered offline whatever the subdomain', async () => {
    await fillLeaflet([
      { key: key(1), url: key(1, 'c'), blob: blob(), createdAt: world.clock.now - 3_600_000 },
      { key: '/tiles/roads/6/33/22.png', blob: blob() },
      { key: '../tiles/roads/6/33/23.png', blob: blob() },
      { key: key(2), blob: blob('<!doctype html>', 'text/html') },
      { key: key(3), blob: 'no blob' },
      { key: 'https://elsewhere.example/1/2/3.png', blob: blob() },
    ]);
    expect(await world.move({ from: 'leaflet.offline' })).toEqual({
      taken: 3,
      refused: { implausible: 1, unreadable: 1, 'no-layer': 1 },
      skipped: 0,
      deleted: 0,
    });
    expect(world.asked).toEqual([]);
    const answer = await world.offline(key(1, 'b'));
    expect(new Uint8Array(await answer!.arrayBuffer())).toEqual(PNG);
    // Only the page knows when the tile was saved, so the tile is validated first. It is at least this old.
    expect(answer!.headers.get('server-timing')).toContain('tile-age;desc=unknown;dur=3600');
    expect((await world.offline('/tiles/roads/6/33/23.png'))?.status).toBe(200);
  });

  it('are deleted on request, but only those that were taken over', async () => {
    await fillLeaflet([
      { key: key(1), blob: blob() },
      { key: key(2), blob: blob('no such tile here', 'image/png') },
    ]);
    expect(await world.move({ from: 'leaflet.offline', deleteAfter: true })).toMatchObject({ taken: 1, deleted: 1 });
    expect(await leafletKeys()).toEqual([key(2)]);
    expect((await world.offline(key(1)))?.status).toBe(200);
  });

  it.each([{}, { database: 'other' }])(
    'are not searched for if there is no database, and none is created: %j',
    async (more) => {
      await expect(world.move({ from: 'leaflet.offline', ...more })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        field: 'database',
      });
      expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(more.database ?? 'leaflet.offline');
    },
  );
});

describe('one entry that cannot be read', () => {
  const failing = (name: string) => {
    const { get } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.get = function (query) {
      if (this.name === 'tileStore' && query === key(2)) throw new DOMException('a damaged value', name);
      return get.call(this, query);
    };
    return () => void (IDBObjectStore.prototype.get = get);
  };

  it.each([
    ['https://user:word@a.tile.example/6/2/22.png', 'an address with a password, which nobody can request'],
    ['http://[', 'no address at all'],
  ])('does not prevent the others from being taken over: %s', async (url) => {
    await fillLeaflet([
      { key: key(1), blob: blob() },
      { key: key(2), url, blob: blob() },
      { key: key(3), blob: blob() },
    ]);
    const moved = await world.move({ from: 'leaflet.offline', deleteAfter: true });
    expect(moved).toMatchObject({ taken: 2, refused: { unreadable: 1 }, deleted: 2 });
    expect(await leafletKeys()).toEqual([key(2)]);
  });

  it.each(['NotReadableError', 'DataError'])(
    'does not prevent it either if the browser has lost its file, and stays (%s)',
    async (name) => {
      await fillLeaflet([1, 2, 3].map((x) => ({ key: key(x), blob: blob() })));
      const repair = failing(name);
      const moved = world.move({ from: 'leaflet.offline', deleteAfter: true }).finally(repair);
      expect(await moved).toMatchObject({ taken: 2, refused: { unreadable: 1 }, deleted: 2 });
      expect(await leafletKeys()).toEqual([key(2)]);
    },
  );

  it('does not hide the failure of the whole store', async () => {
    await fillLeaflet([1, 2, 3].map((x) => ({ key: key(x), blob: blob() })));
    const repair = failing('InvalidStateError');
    const moved = world.move({ from: 'leaflet.offline' }).finally(repair);
    await expect(moved).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });
});

describe('an impossible time', () => {
  it.each([
    ['in the future', 1e300],
    ['of Infinity', Infinity],
    ['that is not a number', NaN],
  ])('%s does not protect a tile from eviction', async (_, createdAt) => {
    const rows: Array<{ bytes: number; usedAt?: number }> = [];
    world.restart({}, { index: { ...noIndex, stored: (row) => void rows.push(row) } });
    await fillLeaflet([{ key: key(1), blob: blob(), createdAt }]);
    expect(await world.move({ from: 'leaflet.offline' })).toMatchObject({ taken: 1 });
    expect(rows).toHaveLength(2);
    for (const { usedAt } of rows) {
      expect(usedAt).toBeGreaterThanOrEqual(0);
      expect(usedAt).toBeLessThanOrEqual(world.clock.now);
    }
  });
});

/** A vector tile with the layer `a` and one feature. */
const MVT = Uint8Array.of(0x1a, 0x05, 0x0a, 0x01, 0x61, 0x78, 0x02);
const STREETS = 'https://api.mapbox.com/v4/streets/6/33/22.vector.pbf';

describe("tiles of mapbox-gl's cache", () => {
  const put = async (url: string, headers: Record<string, string>) => {
    const cache = await world.caches.open('mapbox-tiles');
    await cache.put(
      url,
      new Response(MVT.slice(), { headers: { 'content-type': 'application/x-protobuf', ...headers } }),
    );
  };
  const query = 'access_token=pk.mine';

  it('are found although mapbox-gl has removed the token; their Expires gives the time of the request', async () => {
    const expires = new Date(world.clock.now + 3_000_000).toUTCString();
    await put(STREETS, { 'cache-control': 'max-age=3600', expires });
    await put(`${STREETS}?range=bytes%3D0-10`, { 'cache-control': 'max-age=3600', expires });
    expect(await world.move({ from: 'mapbox-gl', query })).toMatchObject({ taken: 1, refused: { status: 1 } });
    const answer = await world.offline(`${STREETS}?sku=1&access_token=pk.mine`);
    expect(answer?.headers.get('cache-status')).toContain('hit; ttl=3000');
    expect(answer?.headers.get('age')).toBe('600');
    expect(world.asked).toEqual([]);
  });

  it('without max-age have an unknown age', async () => {
    await put(STREETS, { expires: new Date(world.clock.now + 3_000_000).toUTCString() });
    await world.move({ from: 'mapbox-gl', query });
    await world.offline(`${STREETS}?access_token=pk.mine`);
    expect(world.asked).toHaveLength(1);
  });
});

describe('a wrong call', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown kind', { from: 'ngsw' }, 'from'],
    ['no kind', {}, 'from'],
    ['no cache', { from: 'workbox' }, 'cache'],
    ['an empty name', { from: 'workbox', cache: '' }, 'cache'],
    ['a cache that does not exist', { from: 'workbox', cache: 'tiles' }, 'cache'],
    ['a cache of leaflet.offline', { from: 'leaflet.offline', cache: 'tiles' }, 'cache'],
    ['a database of Workbox', { from: 'workbox', cache: CACHE, database: 'x' }, 'database'],
    ['a misspelt field', { from: 'workbox', cache: CACHE, deleteafter: true }, 'deleteafter'],
    ['a number in place of a flag', { from: 'workbox', cache: CACHE, deleteAfter: 1 }, 'deleteAfter'],
    ['an invalid query', { from: 'workbox', cache: CACHE, query: 'a b#c' }, 'query'],
  ])('%s is refused, and the error names the field', async (_, what, field) => {
    await world.old(TILE);
    const before = JSON.stringify([...world.caches.caches.keys()]);
    await expect(world.move(what as never)).rejects.toMatchObject({ code: 'INVALID_OPTION', field });
    expect(JSON.stringify([...world.caches.caches.keys()])).toBe(before);
  });

  it('lists the existing caches, without those of the package', async () => {
    await world.old(TILE);
    await expect(world.move({ from: 'workbox', cache: 'map-tile' })).rejects.toMatchObject({
      remedy: expect.stringContaining(CACHE),
    });
    await world.move({ from: 'workbox', cache: CACHE });
    const own = [...world.caches.caches.keys()].find((name) => name.startsWith('tile-cache'))!;
    await expect(world.move({ from: 'workbox', cache: own })).rejects.toMatchObject({ field: 'cache' });
  });

  it('says how to switch the feature on', async () => {
    world.restart({ moveIn: undefined } as never);
    await expect(world.move({ from: 'workbox', cache: CACHE })).rejects.toMatchObject({
      code: 'UNSUPPORTED_FIELD',
      field: 'moveIn',
    });
  });
});
