import { describe, expect, it } from 'vitest';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { type CacheModeInput, httpCacheMode, type HttpCacheMode, isPrivate } from '../../../sw/policy/http-cache-mode';
import { createWorld, ORIGIN } from '../fakes/world';

// The table of docs/decisions/003.

const nothing: CacheModeInput = {
  private: false,
  ruled: false,
  stored: false,
  request: { noStore: false, reload: false, noCache: false },
  suspect: undefined,
};
const asks = (name: keyof CacheModeInput['request']) => ({ request: { ...nothing.request, [name]: true } });

describe('the cache mode of a request to the origin', () => {
  it.each<[string, Partial<CacheModeInput>, HttpCacheMode]>([
    ['by default', {}, 'default'],
    ['a stored tile is validated', { stored: true }, 'no-cache'],
    ['a rule has covered the tile', { ruled: true }, 'no-cache'],
    ['both', { ruled: true, stored: true }, 'no-cache'],
    ['private', { private: true }, 'no-store'],
    ['private, stored', { private: true, stored: true }, 'no-store'],
    ['private, after a purge', { private: true, ruled: true }, 'no-store'],
    ['private, reloaded', { private: true, ...asks('reload') }, 'no-store'],
    ['private, the page demands validation', { private: true, ...asks('noCache') }, 'no-store'],
    ['private, the last body was not a tile', { private: true, suspect: 'reload' }, 'no-store'],
    ['private, the same body refused twice', { private: true, suspect: 'settled' }, 'no-store'],
    ['the page sets no-store', asks('noStore'), 'no-store'],
    ['the page sets no-store, a tile is stored', { stored: true, ...asks('noStore') }, 'no-store'],
    ['the page sets no-store, the same body refused twice', { suspect: 'settled', ...asks('noStore') }, 'no-store'],
    ['the page reloads', asks('reload'), 'reload'],
    ['the page reloads a stored tile', { stored: true, ...asks('reload') }, 'reload'],
    ['the page reloads after a purge', { ruled: true, ...asks('reload') }, 'reload'],
    ['the page reloads a body that was refused twice', { suspect: 'settled', ...asks('reload') }, 'reload'],
    ['the page sets no-cache', asks('noCache'), 'no-cache'],
    ['the last body was not a tile', { suspect: 'reload' }, 'reload'],
    ['the last body was not a tile, a tile is stored', { suspect: 'reload', stored: true }, 'reload'],
    ['the last body was not a tile, after a purge', { suspect: 'reload', ruled: true }, 'reload'],
    ['the last body was not a tile, the page sets no-cache', { suspect: 'reload', ...asks('noCache') }, 'reload'],
    ['the same body refused twice', { suspect: 'settled' }, 'default'],
    ['the same body refused twice, a good tile is stored', { suspect: 'settled', stored: true }, 'default'],
    ['the same body refused twice, after a purge', { suspect: 'settled', ruled: true }, 'no-cache'],
    ['the same body refused twice, the page sets no-cache', { suspect: 'settled', ...asks('noCache') }, 'no-cache'],
  ])('%s', (_, given, expected) => expect(httpCacheMode({ ...nothing, ...given })).toBe(expected));
});

describe('whether the HTTP cache must not store the response', () => {
  const url = `${ORIGIN}/tiles/roads/1/0/0.png`;
  const elsewhere = 'https://tiles.example/roads/1/0/0.png';
  it.each<[string, { url?: string; authorization?: true; secrets?: string; partition?: string }, boolean]>([
    ['anybody’s', {}, false],
    ['a layer with a partition', { partition: 'ann' }, true],
    ['a request with Authorization', { authorization: true }, true],
    ['a request with Authorization to another origin', { authorization: true, url: elsewhere }, true],
    ['a secret in the URL', { secrets: 'token=1' }, true],
    [
      'a secret in the URL of another origin, which is part of the HTTP cache’s key',
      { secrets: 'k', url: elsewhere },
      false,
    ],
    ['an origin with the same beginning', { secrets: 'k', url: `${ORIGIN}.evil/x` }, false],
    ['another origin', { url: elsewhere }, false],
    ['a partition on another origin', { url: elsewhere, partition: 'ann' }, true],
  ])('%s', (_, { authorization, secrets = '', partition, url: asked = url }, expected) => {
    const headers = new Headers(authorization && { authorization: 'Bearer x' });
    const layer = resolveLayer('roads', partition === undefined ? {} : { partition });
    expect(isPrivate({ url: asked, headers }, { layer, secrets }, ORIGIN)).toBe(expected);
  });
});

describe('in the whole worker', () => {
  const layers = {
    roads: { maxAge: 60 },
    other: { template: 'https://tiles.example/{z}/{x}/{y}', maxAge: 60 },
  };
  const modes = (world: ReturnType<typeof createWorld>) => world.asked.map(({ cache }) => cache);
  it.each([['/tiles/roads/1/0/0'], ['https://tiles.example/1/0/0']])('%s', async (url) => {
    const world = createWorld();
    const cache = world.start({ layers });
    await world.get(cache, url);
    world.clock.now += 120_000;
    await world.get(cache, url);
    expect(modes(world)).toEqual(['default', 'no-cache']);
    await world.get(cache, url, { headers: { authorization: 'Bearer x' } });
    expect(modes(world).at(-1)).toBe('no-store');
  });
  it('a range with Authorization is not stored by the HTTP cache either', async () => {
    const world = createWorld();
    const cache = world.start({ layers });
    await world.get(cache, '/tiles/roads/1/0/0.pbf', { headers: { authorization: 'Bearer x', range: 'bytes=0-1' } });
    await world.get(cache, '/tiles/roads/1/0/1.pbf', { headers: { range: 'bytes=0-1' } });
    expect(modes(world)).toEqual(['no-store', 'default']);
  });
});
