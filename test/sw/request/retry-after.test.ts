// The worker obeys Retry-After (RFC 9110 section 10.2.3, RFC 6585 section 4) in all requests for which no page waits.
import { beforeEach, describe, expect, it } from 'vitest';
import { fakeTimers } from '../fakes/timers';
import { createWorld, type World } from '../fakes/world';

const url = (x: number) => `/tiles/roads/3/${x}/2.bin`;
const good = () =>
  new Response('tile', { headers: { 'cache-control': 'max-age=10, stale-while-revalidate=86400', etag: '"g"' } });
const date = (world: World, seconds: number) => new Date(world.clock.now + seconds * 1000).toUTCString();

let world: World;
let cache: ReturnType<World['start']>;
const pass = (seconds: number) => (world.clock.now += seconds * 1000);
const askedFor = (x: number) => world.asked.filter((one) => one.url.endsWith(url(x))).length;

beforeEach(async () => {
  world = createWorld();
  cache = world.start();
  world.answer = good;
  for (const x of [0, 1, 2, 3, 4]) await world.get(cache, url(x));
  pass(20);
  world.asked.length = 0;
});

describe.each([
  [429, '100'],
  [503, '100'],
  [502, '100'],
  [503, 'a date'],
])('%i with Retry-After: %s', (status, value) => {
  const busy = () => {
    const after = value === 'a date' ? date(world, 100) : value;
    world.answer = () => new Response('busy', { status, headers: { 'retry-after': after } });
  };

  it('stops background requests for that tile until then', async () => {
    busy();
    await world.get(cache, url(0));
    for (let second = 0; second < 99; second += 9) {
      expect(await (await world.get(cache, url(0))).text()).toBe('tile');
      pass(9);
    }
    expect(askedFor(0)).toBe(1);
    world.answer = good;
    pass(20);
    await world.get(cache, url(0));
    expect(askedFor(0)).toBe(2);
    expect((await world.get(cache, url(0))).headers.get('cache-status')).toContain('hit');
  });

  it('applies to one tile if one tile got it, and to the layer if several did', async () => {
    busy();
    await world.get(cache, url(0));
    await world.get(cache, url(1));
    expect([askedFor(0), askedFor(1)]).toEqual([1, 1]);
    await world.get(cache, url(2));
    pass(40);
    await world.get(cache, url(3));
    await world.get(cache, url(4));
    expect([askedFor(3), askedFor(4)]).toEqual([0, 0]);
    // Tiles that are not stored are requested as without a worker.
    expect((await world.get(cache, url(7))).status).toBe(status);
    expect(askedFor(7)).toBe(1);
  });
});

it.each(['99999', 'soon', '-5', '', '1e9', '5, 5'])('Retry-After: %s does not stop requests forever', async (value) => {
  world.answer = () => new Response('busy', { status: 503, headers: { 'retry-after': value } });
  await world.get(cache, url(0));
  world.answer = good;
  pass(340);
  await world.get(cache, url(0));
  expect(askedFor(0)).toBe(2);
});

it('a clock that is set back does not stop requests forever either', async () => {
  world.answer = () => new Response('busy', { status: 503, headers: { 'retry-after': '200' } });
  await world.get(cache, url(0));
  world.answer = good;
  pass(-86400);
  await world.get(cache, url(0));
  expect(askedFor(0)).toBe(2);
});

it('a lagging edge that sends Retry-After is not polled', async () => {
  world = createWorld();
  const timers = fakeTimers({ soon: 500, clock: world.clock });
  cache = world.start({}, { setTimeout: timers.setTimeout, clearTimeout: timers.clearTimeout });
  const headers = { 'cache-control': 'max-age=60', 'x-tile-version': '1' };
  world.answer = () => new Response('tile', { headers });
  const manifest = { layers: { roads: { version: '2' } } };
  await cache.message({ type: 'TILE_VERSIONS', id: 'm', manifest, confirmedAt: 1 }, undefined);
  await world.get(cache, url(0));
  const before = world.asked.length;
  world.answer = () => new Response('busy', { status: 503, headers: { 'retry-after': '100' } });
  const run = async (seconds: number) => {
    for (let i = 0; i < seconds; i += 1) {
      await timers.pass(1000);
      await cache.settled();
    }
  };
  await run(90);
  expect(world.asked).toHaveLength(before + 1);
  world.answer = () => new Response('new', { headers: { ...headers, 'x-tile-version': '2' } });
  await run(150);
  expect(world.asked).toHaveLength(before + 2);
});
