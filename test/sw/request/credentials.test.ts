// Some requests carry credentials in a header: nobody else gets their tiles.
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { providers } from '../../../src/shared/providers';
import { createWorld, type World } from '../fakes/world';

const url = '/tiles/roads/3/1/2.bin';
let world: World;
beforeEach(() => {
  world = createWorld();
  world.answer = ({ headers }) => {
    const [, said] = [...headers].find(([, value]) => value.startsWith('of-')) ?? ['', 'public'];
    return new Response(said, {
      headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', etag: `"${said}"` },
    });
  };
});

const as = (header: string, name: string): RequestInit => ({ headers: { [header]: `of-${name}` } });

describe.each([
  ...['Authorization', 'X-Api-Key', 'Api-Key', 'apikey', 'X-Goog-Api-Key', 'Ocp-Apim-Subscription-Key'],
  ...['X-Functions-Key', 'X-Auth-Token', 'X-Access-Token', 'X-Amz-Security-Token', 'Private-Token', 'Token'],
  ...['X-Session-Token', 'X-Client-Secret', 'X-JWT', 'X-Forwarded-Authorization', 'X-Session'],
  ...['X-Session-Id', 'X-App-Key', 'X-ClientKey', 'X-Key', 'X-Authentication', 'X-Ticket', 'X-User-Password'],
  // RapidAPI, Cloudflare
  ...['X-RapidAPI-Key', 'X-Auth-Key', 'X-Map-Key'],
])('%s', (header) => {
  it('keeps tiles of different values apart, leaves nothing in the HTTP cache, and appears in no key', async () => {
    const cache = world.start();
    for (const name of ['ann', 'bob']) await world.get(cache, url, as(header, name));
    const asked = world.asked.length;
    expect(world.asked.map((one) => one.cache)).toEqual(['no-store', 'no-store']);
    for (const name of ['ann', 'bob']) {
      const answered = await world.get(cache, url, as(header, name));
      expect([await answered.text(), answered.headers.get('cache-status')]).toEqual([
        `of-${name}`,
        'sw-tile-cache; hit; ttl=60',
      ]);
    }
    expect(world.asked).toHaveLength(asked);
    expect(await (await world.get(cache, url)).text()).toBe('public');
    const keys = [...world.caches.caches.values()].flatMap(({ entries }) => [...entries.keys()]);
    expect(keys.filter((key) => key.includes('/tiles/'))).toHaveLength(3);
    expect(keys.join()).not.toContain('of-');
  });
});

it.each([
  'X-CSRF-Token',
  'X-XSRF-TOKEN',
  'X-Requested-With',
  'X-Request-Id',
  'Idempotency-Key',
  'X-Cache-Key',
  'Accept-Language',
])('%s does not distinguish users', async (header) => {
  const cache = world.start();
  await world.get(cache, url, as(header, 'ann'));
  const answered = await world.get(cache, url, as(header, 'bob'));
  expect(answered.headers.get('cache-status')).toBe('sw-tile-cache; hit; ttl=60');
  expect(world.asked.map((one) => one.cache)).toEqual(['default']);
});

it('is shared if the layer allows it', async () => {
  const cache = world.start({ layers: { roads: { shareAcrossCredentials: true } } });
  await world.get(cache, url, as('X-Api-Key', 'ann'));
  expect((await world.get(cache, url)).headers.get('cache-status')).toBe('sw-tile-cache; hit; ttl=60');
});

// A release that partitions tiles by owner must not give tiles of an earlier release to requests without an owner.
it.each([
  ['partition', {}, { partition: ({ headers }: Request) => headers.get('X-User') ?? undefined }],
  ['partition', {}, { partition: ({ headers }: Request) => headers.get('X-User') ?? '' }],
  ['shareAcrossCredentials: false', { shareAcrossCredentials: true }, {}],
])('tiles stored before %s was set are not used', async (_, before, after) => {
  const shared = world.start({ layers: { roads: before } });
  await world.get(shared, url, as('X-Api-Key', 'ann'));
  await world.get(shared, url, as('X-User', 'ann'));
  const apart = world.start({ layers: { roads: after } });
  expect(await (await world.get(apart, url)).text()).toBe('public');
  expect((await world.get(apart, url)).headers.get('cache-status')).toBe('sw-tile-cache; hit; ttl=60');
});

it('shared tiles are found, and validated, after the browser has deleted the ledger', async () => {
  const layers = { roads: { shareAcrossCredentials: true } };
  await world.get(world.start({ layers }), url, as('X-Api-Key', 'ann'));
  globalThis.indexedDB = new IDBFactory();
  await world.get(world.start({ layers }), url);
  expect(world.asked.map(({ headers }) => headers.get('if-none-match'))).toEqual([null, '"of-ann"']);
});

// The map control of Azure Maps sends such a header with each tile.
it('a header can be configured as changing with every page load', async () => {
  const tiles = 'https://atlas.microsoft.com/map/tile?zoom=3&x=1&y=2&tilesetId=microsoft.base.road';
  const cache = world.start({ layers: { roads: providers.azure } });
  const load = (session: string) =>
    world.get(cache, tiles, { headers: { 'Session-Id': session, 'subscription-key': 'of-us' } });
  await load('4c1b0a9e-1');
  expect((await load('4c1b0a9e-2')).headers.get('cache-status')).toContain('; hit');
  expect(world.asked.map((one) => one.cache)).toEqual(['no-store']);
  expect(world.asked[0]!.headers.get('session-id')).toBe('4c1b0a9e-1');
});
