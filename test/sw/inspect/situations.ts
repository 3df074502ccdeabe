import { regions } from '../../../sw/regions';
import type { TileInspection } from '../../../src/shared/inspect';
import { ORIGIN } from '../fakes/world';
import { createInspectWorld, type InspectWorld, png, TILE } from './world';

const LABEL = 'x-tile-version';
const labelled =
  (version: string, cacheControl = 'max-age=60') =>
  () =>
    png(cacheControl, { [LABEL]: version });
const advance = (world: InspectWorld, seconds: number) => void (world.clock.now += seconds * 1000);
const refuses = () => {
  throw new TypeError('no network');
};
const invalidate = (world: InspectWorld, more: object) =>
  world.send({ type: 'CACHE_INVALIDATE', layer: 'roads', ...more });

type Situation = () => Promise<TileInspection>;

/** Switches to a new version while a tile of `v1` is stored. */
async function afterSwitch(layer: object = {}): Promise<InspectWorld> {
  const world = createInspectWorld(layer);
  await world.announce('v1');
  world.answer = labelled('v1');
  await world.fetch();
  advance(world, 10);
  await world.announce('v2');
  return world;
}

/** The situations of docs/debugging.md, by their titles. */
export const SITUATIONS: Record<string, Situation> = {
  'My tiles are old after a publication': async () => {
    const world = createInspectWorld();
    world.answer = () => png('max-age=604800');
    await world.fetch();
    advance(world, 86_400);
    return world.inspect();
  },
  'After a publication the worker requests every tile again': async () => (await afterSwitch()).inspect(),
  'After a publication the old tile shows first, then the new one': async () =>
    (await afterSwitch({ versionPolicy: 'serve-stale' })).inspect(),
  'After a publication there are holes until the new tiles come': async () =>
    (await afterSwitch({ versionPolicy: 'discard' })).inspect(),
  'Old and new tiles take turns': async () => {
    const world = createInspectWorld();
    await world.announce('v2');
    world.answer = labelled('v1');
    await world.fetch();
    return world.inspect();
  },
  'Right after a publication the worker requests tiles twice': async () => {
    const world = createInspectWorld();
    await world.announce('v1');
    await world.announce('v2');
    advance(world, 1);
    await world.fetch();
    return world.inspect();
  },
  'The page requests another version than the store has': async () => {
    const world = createInspectWorld({ versionedUrls: true });
    await world.announce('v2');
    await world.fetch(`${TILE}?v=v2`);
    return world.inspect(`${TILE}?v=v3`);
  },
  'The version is confirmed, and yet the tile is old': async () => {
    const world = createInspectWorld({ freshness: 'version', maxAge: 300 });
    world.answer = labelled('v1', 'max-age=10');
    await world.announce('v1');
    await world.fetch();
    advance(world, 120);
    return world.inspect();
  },
  'A layer that is fresh by version requests every tile again': async () => {
    const world = createInspectWorld({ freshness: 'version', maxAge: 300 });
    world.answer = labelled('v1', 'max-age=10');
    await world.announce('v1');
    await world.fetch();
    advance(world, 400);
    return world.inspect();
  },
  'Never a hit: nothing is ever stored': async () => {
    const world = createInspectWorld();
    world.answer = () => png('no-store');
    await world.ask({ action: 'trace' });
    await world.fetch();
    return world.inspect();
  },
  'Never a hit: the worker requests each tile and gets a 304': async () => {
    const world = createInspectWorld();
    world.answer = () => png('no-cache', { etag: '"1"' });
    await world.fetch();
    return world.inspect();
  },
  'Never a hit: the response varies on Cookie': async () => {
    const world = createInspectWorld();
    world.answer = () => png('max-age=60', { vary: 'Cookie' });
    await world.fetch();
    return world.inspect();
  },
  'Never a hit: the URL is another one each time': async () => {
    const world = createInspectWorld();
    await world.fetch(`${TILE}?nonce_=1`);
    return world.inspect(`${TILE}?nonce_=2`);
  },
  'Never a hit while the developer tools are open': async () => {
    const world = createInspectWorld();
    await world.fetch();
    return world.inspect(TILE, { cache: 'reload' });
  },
  'Never a hit: the map library bypasses the cache': async () => {
    const world = createInspectWorld();
    await world.fetch();
    return world.inspect(TILE, { cache: 'no-store' });
  },
  'A hit for one kind of request only': async () => {
    const world = createInspectWorld();
    world.answer = () => png('max-age=60', { vary: 'Accept' });
    await world.fetch(TILE, { headers: { accept: 'image/webp' } });
    return world.inspect(TILE, { headers: { accept: 'image/png' } });
  },
  'Never a hit: the response is not a tile': async () => {
    const world = createInspectWorld();
    world.answer = () =>
      new Response('<!doctype html><title>Log in</title>', {
        headers: { 'content-type': 'text/html', 'cache-control': 'max-age=60' },
      });
    await world.ask({ action: 'trace' });
    await world.fetch();
    return world.inspect();
  },
  'Every tile waits for the network after a minute': async () => {
    const world = createInspectWorld();
    await world.fetch();
    advance(world, 61);
    return world.inspect();
  },
  'A tile is old for a moment, then new': async () => {
    const world = createInspectWorld({ staleWhileRevalidate: 3600 });
    await world.fetch();
    advance(world, 61);
    return world.inspect();
  },
  'The stale window does nothing': async () => {
    const world = createInspectWorld({ staleWhileRevalidate: 3600, staleIfError: 3600 });
    world.answer = () => png('max-age=60, must-revalidate');
    await world.fetch();
    advance(world, 61);
    return world.inspect();
  },
  'A tile is stored although the origin says nothing about caching': async () => {
    const world = createInspectWorld();
    const modified = new Date(world.clock.now - 864_000_000).toUTCString();
    world.answer = () => png('', { 'last-modified': modified });
    await world.fetch();
    advance(world, 3600);
    return world.inspect();
  },
  '504 offline: the tile was never there': async () => createInspectWorld().inspect(),
  '504 offline: the tile is too old': async () => {
    const world = createInspectWorld({ staleIfError: 3600 });
    await world.fetch();
    advance(world, 86_400);
    return world.inspect();
  },
  '504 offline: the origin forbids it': async () => {
    const world = createInspectWorld({ staleIfError: 864_000 });
    world.answer = () => png('max-age=60, must-revalidate');
    await world.fetch();
    advance(world, 3600);
    return world.inspect();
  },
  'Offline a very old tile is shown': async () => {
    const world = createInspectWorld(null);
    await world.fetch();
    advance(world, 8_640_000);
    return world.inspect();
  },
  'Offline a tile is shown in spite of no-cache': async () => {
    const world = createInspectWorld({ offline: 'always' });
    world.answer = () => png('no-cache', { etag: '"1"' });
    await world.fetch();
    return world.inspect();
  },
  'Offline a tile of a region is shown': async () => {
    const world = createInspectWorld({}, { regions: regions() });
    const spec = {
      id: 'town',
      layers: [{ layer: 'roads', template: '/tiles/roads/{z}/{x}/{y}.png' }],
      bounds: [9, 45, 10, 46],
      zooms: [5, 6],
    };
    world.restart({}, { estimate: async () => ({ usage: 0, quota: 1e9 }) });
    await world.send({ type: 'TILE_REGIONS', action: 'save', spec });
    for (let round = 0; round < 10; round += 1) await world.send({ type: 'TILE_REGIONS', action: 'drive' });
    advance(world, 86_400);
    return world.inspect();
  },
  'The device is online, but the worker behaves as if it were offline': async () => {
    const world = createInspectWorld({ staleIfError: 864_000 });
    await world.fetch();
    advance(world, 3600);
    world.restart({}, { onLine: () => false });
    world.answer = refuses;
    await world.fetch('/tiles/roads/6/1/1.png').catch(() => {});
    return world.inspect();
  },
  'The worker requests nothing at all': async () => {
    const world = createInspectWorld({ staleIfError: 864_000 });
    await world.fetch();
    advance(world, 3600);
    await world.send({ type: 'TILE_NETWORK', mode: 'off' });
    const asked = world.asked.length;
    await world.fetch();
    if (world.asked.length > asked) throw new Error('the network is not off');
    return world.inspect();
  },
  'A tile is old the moment it comes': async () => {
    const world = createInspectWorld();
    world.answer = () => png('max-age=60', { age: '500' });
    await world.fetch();
    const told = await world.inspect();
    if (!told.words.join(' ').includes('It was 8 min old on arrival')) throw new Error('nothing tells of Age');
    return told;
  },
  'The layer’s maxAge has no effect': async () => {
    const world = createInspectWorld({ maxAge: 3600 });
    await world.fetch();
    advance(world, 120);
    const told = await world.inspect();
    if (!told.words.join(' ').includes('maxAge (60 min) has no effect')) throw new Error('nothing tells of maxAge');
    return told;
  },
  'A tile is gone after a purge': async () => {
    const world = createInspectWorld();
    await world.fetch();
    await invalidate(world, { bbox: [0, 30, 20, 60] });
    return world.inspect();
  },
  'The worker requests a tile again although it is fresh': async () => {
    const world = createInspectWorld();
    await world.fetch();
    await invalidate(world, { mode: 'stale' });
    return world.inspect();
  },
  'All tiles are gone after a logout': async () => {
    const world = createInspectWorld();
    await world.fetch();
    // The browser fails to delete the cache. The page gets an error, but the ledger has stored the rule.
    world.fails = 'drop';
    await world.send({ type: 'TILE_CLEAR' }).catch(() => {});
    return world.inspect();
  },
  'A tile is gone after an edit': async () => {
    const world = createInspectWorld();
    await world.fetch();
    // The browser fails to delete the tile.
    world.fails = 'delete';
    world.answer = () => new Response(null, { status: 204 });
    await world.fetch(TILE, { method: 'PUT', body: '1' });
    return world.inspect();
  },
  'There is a hole where a tile should be': async () => {
    const world = createInspectWorld();
    world.answer = () => new Response(null, { status: 404, headers: { 'cache-control': 'max-age=600' } });
    await world.fetch();
    advance(world, 60);
    return world.inspect();
  },
  'The worker does nothing about a URL': async () => createInspectWorld().inspect('/kacheln/6/33/22.png'),
  'Tiles of another host never pass the worker': async () => {
    const world = createInspectWorld({ template: 'https://tiles.example/{z}/{x}/{y}.png' });
    let note: (event: never) => void = () => {};
    world.restart({}, { onViolation: (listener) => (note = listener as never) });
    const blocked = {
      blockedURI: 'https://tiles.example/6/33/22.png',
      effectiveDirective: 'connect-src',
      disposition: 'enforce',
    };
    note(blocked as never);
    return world.inspect('https://tiles.example/6/33/22.png');
  },
  'After a week the worker requests every tile once': async () => {
    const world = createInspectWorld();
    await world.fetch();
    indexedDB.deleteDatabase(`tile-cache-ledger:${ORIGIN}/`);
    world.restart();
    return world.inspect();
  },
  'The device had the wrong time': async () => {
    const world = createInspectWorld();
    await world.fetch();
    advance(world, -7200);
    return world.inspect();
  },
  'Nothing is stored on this device': async () => {
    const world = createInspectWorld();
    world.restart(
      {},
      {
        ledger: {
          state: undefined,
          load: async () => undefined,
          reload: async () => undefined,
          commit: () => Promise.reject(new Error('no')),
          doubt: () => {},
        },
      },
    );
    return world.inspect();
  },
  'The disk is full, and the worker stores no more tiles': async () => {
    const world = createInspectWorld();
    await world.ask({ action: 'trace' });
    world.fails = 'put';
    await world.fetch();
    return world.inspect();
  },
};
