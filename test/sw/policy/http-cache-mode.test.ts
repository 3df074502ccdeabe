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

describe('what the HTTP cache beneath may do', () => {
  it.each<[string, Partial<CacheModeInput>, HttpCacheMode]>([
    ['nothing speaks against it', {}, 'default'],
    ['a stored tile is validated', { stored: true }, 'no-cache'],
    ['a rule has held the tile', { ruled: true }, 'no-cache'],
    ['both', { ruled: true, stored: true }, 'no-cache'],
    ['one user’s', { private: true }, 'no-store'],
    ['one user’s, stored', { private: true, stored: true }, 'no-store'],
    ['one user’s, after a purge', { private: true, ruled: true }, 'no-store'],
    ['one user’s, reloaded', { private: true, ...asks('reload') }, 'no-store'],
    ['one user’s, the page asks to validate', { private: true, ...asks('noCache') }, 'no-store'],
    ['one user’s, the last body was no tile', { private: true, suspect: 'reload' }, 'no-store'],
    ['one user’s, refused twice alike', { private: true, suspect: 'settled' }, 'no-store'],
    ['the page asks for no-store', asks('noStore'), 'no-store'],
    ['the page asks for no-store, a tile is stored', { stored: true, ...asks('noStore') }, 'no-store'],
    ['the page asks for no-store, refused twice', { suspect: 'settled', ...asks('noStore') }, 'no-store'],
    ['the page reloads', asks('reload'), 'reload'],
    ['the page reloads what is stored', { stored: true, ...asks('reload') }, 'reload'],
    ['the page reloads after a purge', { ruled: true, ...asks('reload') }, 'reload'],
    ['the page reloads what was refused twice', { suspect: 'settled', ...asks('reload') }, 'reload'],
    ['the page asks for no-cache', asks('noCache'), 'no-cache'],
    ['the last body was no tile', { suspect: 'reload' }, 'reload'],
    ['the last body was no tile, one is stored', { suspect: 'reload', stored: true }, 'reload'],
    ['the last body was no tile, after a purge', { suspect: 'reload', ruled: true }, 'reload'],
    ['the last body was no tile, the page asks for no-cache', { suspect: 'reload', ...asks('noCache') }, 'reload'],
    ['refused twice alike', { suspect: 'settled' }, 'default'],
    ['refused twice alike, a good tile is stored', { suspect: 'settled', stored: true }, 'default'],
    ['refused twice alike, after a purge', { suspect: 'settled', ruled: true }, 'no-cache'],
    ['refused twice alike, the page asks for no-cache', { suspect: 'settled', ...asks('noCache') }, 'no-cache'],
  ])('%s', (_, given, expected) => expect(httpCacheMode({ ...nothing, ...given })).toBe(expected));
});

describe('whose answer leaves nothing there', () => {
  const url = `${ORIGIN}/tiles/roads/1/0/0.png`;
  const elsewhere = 'https://tiles.example/roads/1/0/0.png';
  it.each<[string, { url?: string; authorization?: true; secrets?: string; partition?: string }, boolean]>([
    ['anybody’s', {}, false],
    ['of a layer with a partition', { partition: 'ann' }, true],
    ['asked for with Authorization', { authorization: true }, true],
    ['with Authorization, on another origin', { authorization: true, url: elsewhere }, true],
    ['a secret in the URL', { secrets: 'token=1' }, true],
    ['a secret in the URL of another origin: it is in the HTTP cache’s key', { secrets: 'k', url: elsewhere }, false],
    ['an origin that begins alike', { secrets: 'k', url: `${ORIGIN}.evil/x` }, false],
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
  it('a part with Authorization leaves nothing there either', async () => {
    const world = createWorld();
    const cache = world.start({ layers });
    await world.get(cache, '/tiles/roads/1/0/0.pbf', { headers: { authorization: 'Bearer x', range: 'bytes=0-1' } });
    await world.get(cache, '/tiles/roads/1/0/1.pbf', { headers: { range: 'bytes=0-1' } });
    expect(modes(world)).toEqual(['no-store', 'default']);
  });
});
