// The device's clock is half an hour wrong, or is set while tiles are stored. No tile counts as younger than it is.
import { beforeEach, describe, expect, it } from 'vitest';
import type { TileCacheOptions } from '../../../sw/options';
import { createWorld, type World } from '../fakes/world';

const MINUTE = 60_000;
const HALF_AN_HOUR = 30 * MINUTE;
const T0 = Date.parse('2026-01-01T00:00:00Z');
const url = (x: number) => `/tiles/roads/3/${x}/2.bin`;

let world: World;
/** The true time, and the differences of the device's and the origin's clocks. */
let time = T0;
let off = 0;
let originOff = 0;
let maxAge = 600;

const pass = (ms: number) => {
  time += ms;
  world.clock.now = time + off;
};
const set = (ms: number) => {
  off = ms;
  pass(0);
};
const start = (options: TileCacheOptions = {}) => world.start(options, { monotonic: () => time - T0 });
type Cache = ReturnType<typeof start>;

/** Returns `hit` or the reason for the request, and the reported age in minutes. */
const how = async (cache: Cache, x: number) => {
  const { headers } = await world.get(cache, url(x));
  return `${/sw-tile-cache; ([\w=-]+)/.exec(headers.get('cache-status')!)![1]} ${Math.round(Number(headers.get('age')) / 60)}`;
};

beforeEach(() => {
  world = createWorld();
  [time, off, originOff, maxAge] = [T0, 0, 0, 600];
  world.answer = (request) => {
    const headers = {
      'content-type': 'application/octet-stream',
      'cache-control': `max-age=${maxAge}`,
      date: new Date(time + originOff).toUTCString(),
      etag: '"a"',
    };
    const known = request.headers.get('if-none-match');
    return known ? new Response(null, { status: 304, headers }) : new Response('tile', { headers });
  };
});

const fill = async (cache: Cache) => {
  for (const x of [0, 1, 2, 3]) await world.get(cache, url(x));
};

it('a clock that was 400 days ahead and is corrected does not add them to a tile’s age', async () => {
  const cache = start({ layers: { roads: { staleIfError: Infinity } } });
  await fill(cache);
  set(400 * 24 * 60 * MINUTE);
  // The tile is requested again, and the origin's Date proves the clock wrong.
  await fill(cache);
  set(0);
  pass(MINUTE);
  world.answer = () => Promise.reject(new TypeError('no network'));
  pass(2 * 60 * MINUTE);
  expect(await how(cache, 0)).toMatch(/ 12[01]$/);
});

describe('a clock that is set back by half an hour', () => {
  it.each([
    ['while the worker is down', true],
    ['while it runs', false],
  ])('%s does not reduce a tile’s age', async (_, down) => {
    let cache = start();
    await fill(cache);
    if (down) cache = start();
    set(-HALF_AN_HOUR);
    pass(MINUTE);
    // Before the clock has caught up, the age of the tile is unknown.
    expect(await how(cache, 0)).toBe('fwd=stale 0');
    // The worker is stopped again. The clock shows the time at which the tiles arrived.
    cache = start();
    pass(HALF_AN_HOUR + MINUTE);
    expect(await how(cache, 1)).toBe('fwd=stale 0');
    expect(await how(cache, 2)).toBe('fwd=stale 0');
    // Tiles that arrived under that clock are as fresh as usual, and have the correct age.
    pass(5 * MINUTE);
    expect(await how(cache, 1)).toBe('hit 5');
    cache = start();
    expect(await how(cache, 1)).toBe('hit 5');
    pass(6 * MINUTE);
    expect(await how(cache, 1)).toBe('fwd=stale 0');
  });

  it('does not change the age of a tile that is shown without a network', async () => {
    const options = { layers: { roads: { staleIfError: Infinity } } };
    await fill(start(options));
    let cache = start(options);
    set(-HALF_AN_HOUR);
    await world.get(cache, url(0));
    cache = start(options);
    pass(HALF_AN_HOUR + MINUTE);
    world.answer = () => Promise.reject(new TypeError('offline'));
    expect(await how(cache, 1)).toBe('fwd=stale 31');
  });

  const byVersion = { layers: { roads: { freshness: 'version' as const, maxAge: 600 } } };
  /** Starts a worker whose tiles are fresh only by their version, which a check has just confirmed. */
  const startConfirmed = async () => {
    maxAge = 0;
    const origin = world.answer;
    world.answer = async (request) => {
      const response = await origin(request);
      response.headers.set('x-tile-version', '1');
      return response;
    };
    const cache = start(byVersion);
    const check = { type: 'TILE_VERSIONS', manifest: { version: '1' }, confirmedAt: world.clock.now };
    await cache.message(check, undefined);
    return cache;
  };

  it('does not reduce the time since a version was confirmed', async () => {
    let cache = await startConfirmed();
    await fill(cache);
    pass(MINUTE);
    expect(await how(cache, 1)).toBe('hit 1');
    cache = start(byVersion);
    set(-HALF_AN_HOUR);
    await world.get(cache, url(0));
    cache = start(byVersion);
    pass(HALF_AN_HOUR + MINUTE);
    expect(await how(cache, 1)).toMatch(/^fwd=stale/);
  });

  it('lets a confirmation that now lies in the future prove no tile fresh', async () => {
    const cache = await startConfirmed();
    set(-HALF_AN_HOUR);
    await world.get(cache, url(0));
    pass(11 * MINUTE);
    expect(await how(cache, 0)).toMatch(/^fwd=stale/);
  });

  it('does not matter once it is correct again', async () => {
    let cache = start();
    await fill(cache);
    set(-HALF_AN_HOUR);
    pass(20 * MINUTE);
    expect(await how(cache, 0)).toBe('fwd=stale 0');
    set(0);
    cache = start();
    expect(await how(cache, 1)).toBe('fwd=stale 0');
    await world.get(cache, url(9));
    pass(MINUTE);
    expect(await how(cache, 1)).toBe('hit 1');
    expect(await how(cache, 9)).toBe('hit 1');
  });
});

it('a clock that was half an hour ahead makes no tile younger once it is correct and has caught up', async () => {
  let cache = start();
  set(HALF_AN_HOUR);
  await world.get(cache, url(0), { cache: 'no-cache' });
  await world.get(cache, url(0), { cache: 'no-cache' });
  set(0);
  cache = start();
  pass(HALF_AN_HOUR + MINUTE);
  // The worker needs one request to know that its clock is correct.
  await world.get(cache, url(9), { cache: 'no-cache' });
  expect(await how(cache, 0)).toBe('fwd=stale 0');
});

describe('a clock that is set back under a running worker', () => {
  it('is noticed without the network, and after a stop', async () => {
    let cache = start();
    await fill(cache);
    set(-HALF_AN_HOUR);
    expect(await how(cache, 3)).toBe('fwd=stale 0');
    cache = start();
    await fill(cache);
    pass(MINUTE);
    world.answer = () => Promise.reject(new TypeError('offline'));
    set(-2 * HALF_AN_HOUR);
    await world.get(cache, url(0));
    pass(HALF_AN_HOUR);
    expect(await how(cache, 1)).toBe('fwd=stale 31');
    cache = start();
    expect(await how(cache, 2)).toBe('fwd=stale 31');
  });

  it('is corrected by the origin’s Date, however far it was set', async () => {
    set(-HALF_AN_HOUR);
    const cache = start();
    await fill(cache);
    set(-2 * HALF_AN_HOUR);
    await world.get(cache, url(0), { cache: 'no-cache' });
    pass(HALF_AN_HOUR + MINUTE);
    expect(await how(cache, 1)).toBe('fwd=stale 0');
  });
});

describe.each([
  ['a device’s clock that is always half an hour behind', -HALF_AN_HOUR, 0],
  ['a device’s clock that is always half an hour ahead', HALF_AN_HOUR, 0],
  ['an origin’s clock that is half an hour ahead', 0, HALF_AN_HOUR],
  ['two correct clocks', 0, 0],
])('%s', (_, mine, its) => {
  it('do not shorten the freshness of tiles, even after a restart', async () => {
    originOff = its;
    set(mine);
    let cache = start();
    // Responses before the first one from the origin itself may come from the HTTP cache.
    if (mine <= 0) await world.get(cache, url(0));
    await world.get(cache, url(5), { cache: 'no-cache' });
    await world.get(cache, url(5), { cache: 'no-cache' });
    await fill(cache);
    pass(5 * MINUTE);
    for (const x of [0, 1, 2, 3]) expect(await how(cache, x)).toBe('hit 5');
    cache = start();
    for (const x of [0, 1, 2, 3]) expect(await how(cache, x)).toBe('hit 5');
    expect(world.asked.filter((one) => one.url.endsWith(url(0)))).toHaveLength(1);
    await world.get(cache, url(6), { cache: 'no-cache' });
    for (const x of [0, 1, 2, 3]) expect(await how(cache, x)).toBe('hit 5');
    pass(6 * MINUTE);
    for (const x of [0, 1, 2, 3]) expect(await how(cache, x)).toMatch(/^fwd=stale/);
  });
});

describe('a clock that is half an hour behind, and an origin whose Date no page may see', () => {
  const hideDates = () => {
    const origin = world.answer;
    world.answer = async (request) => {
      const response = await origin(request);
      if (!request.url.endsWith(url(5))) response.headers.delete('date');
      return response;
    };
  };

  it('do not shorten the freshness of tiles, even after a restart', async () => {
    hideDates();
    set(-HALF_AN_HOUR);
    let cache = start();
    await world.get(cache, url(5), { cache: 'no-cache' });
    await world.get(cache, url(5), { cache: 'no-cache' });
    await fill(cache);
    pass(5 * MINUTE);
    for (const x of [0, 1, 2, 3]) expect(await how(cache, x)).toBe('hit 5');
    cache = start();
    await world.get(cache, url(6));
    for (const x of [0, 1, 2, 3]) expect(await how(cache, x)).toBe('hit 5');
    expect(await how(cache, 6)).toBe('hit 0');
    pass(6 * MINUTE);
    for (const x of [0, 1, 2, 3]) expect(await how(cache, x)).toMatch(/^fwd=stale/);
  });

  it('do not extend a tile beyond its Expires', async () => {
    hideDates();
    const dated = world.answer;
    world.answer = async (request) => {
      const response = await dated(request);
      response.headers.delete('cache-control');
      response.headers.set('expires', new Date(time + 10 * MINUTE).toUTCString());
      return response;
    };
    set(-HALF_AN_HOUR);
    const cache = start();
    await world.get(cache, url(5), { cache: 'no-cache' });
    await world.get(cache, url(5), { cache: 'no-cache' });
    await fill(cache);
    pass(9 * MINUTE);
    expect(await how(cache, 1)).toBe('hit 9');
    pass(2 * MINUTE);
    expect(await how(cache, 1)).toMatch(/^fwd=stale/);
  });
});

it('a clock that is behind adds nothing to the Age on arrival', async () => {
  set(-HALF_AN_HOUR);
  const cache = start();
  await world.get(cache, url(0), { cache: 'no-cache' });
  await world.get(cache, url(0), { cache: 'no-cache' });
  world.answer = () => {
    const date = new Date(time - 4 * MINUTE).toUTCString();
    return new Response('tile', { headers: { 'cache-control': 'max-age=600', date, age: '240' } });
  };
  await world.get(cache, url(1));
  pass(5 * MINUTE);
  expect(await how(cache, 1)).toBe('hit 9');
});
