// Browsers differ in whether a worker may change the headers of a stored response: Chromium lets it, the standard does not.
import { describe, expect, it } from 'vitest';
import type { TileCacheOptions } from '../../../sw/options';
import { createWorld } from '../fakes/world';

const url = '/tiles/roads/3/1/2.bin';

/** A world whose stored responses have mutable headers or not, and the responses that were read. */
function worldOf(changeable: boolean, layer: object = {}, memoryBytes = 0) {
  const world = createWorld();
  const read: Response[] = [];
  const open = world.caches.open.bind(world.caches);
  world.caches.open = async (name) => {
    const cache = await open(name);
    const { match } = Object.getPrototypeOf(cache) as typeof cache;
    cache.match = async (key) => {
      const response = await match.call(cache, key);
      if (!response) return undefined;
      read.push(response);
      const refuse = () => {
        throw new TypeError('immutable');
      };
      if (!changeable) Object.assign(response.headers, { set: refuse, delete: refuse, append: refuse });
      return response;
    };
    return cache;
  };
  world.answer = () =>
    new Response('tile', {
      headers: {
        'content-type': 'application/octet-stream',
        'cache-control': 'max-age=60, stale-while-revalidate=600',
        'cache-status': 'edge; hit',
        'server-timing': 'edge;dur=1',
        'x-tile-version': 'v1',
        'x-other': 'as it came',
        etag: '"a"',
        age: '5',
      },
    });
  const options: TileCacheOptions = { layers: { roads: layer }, memoryBytes };
  const cache = world.start(options);
  const ask = (path = url) => {
    const request = new Request(new URL(path, 'https://map.example'));
    return cache.handle({ request, address: cache.match(request.url)!, clientId: 'page' });
  };
  return { world, cache, read, ask };
}

async function secondAnswer(changeable: boolean, layer: object, memoryBytes = 0): Promise<[string, string][]> {
  const { world, cache } = worldOf(changeable, layer, memoryBytes);
  await world.get(cache, url);
  world.clock.now += 10_000;
  const answer = await world.get(cache, url);
  expect(await answer.text()).toBe('tile');
  return [...answer.headers];
}

describe.each([
  ['a layer', {}],
  ['a layer with its own version header', { versionHeader: 'X-Other' }],
])('a hit on %s', (_, layer) => {
  it('has the same headers from memory and from the store, in every browser', async () => {
    const memory = await secondAnswer(true, layer, 1e6);
    expect(new Map(memory).get('age')).toBe('15');
    expect(new Map(memory).get('cache-status')).toMatch(/^edge; hit, sw-tile-cache; hit; ttl=45/);
    expect(memory.map(([name]) => name).filter((name) => name.startsWith('x-sw-'))).toEqual([]);
    expect(await secondAnswer(true, layer)).toEqual(memory);
    expect(await secondAnswer(false, layer)).toEqual(memory);
  });
});

it('is the stored response itself if its headers are mutable', async () => {
  for (const changeable of [true, false]) {
    const { world, cache, read, ask } = worldOf(changeable);
    await world.get(cache, url);
    // The worker writes the tile after its answer.
    await cache.settled();
    const { response, done } = ask();
    const answer = await response;
    // The worker may read the store behind the answer, too.
    expect(read.includes(answer), `${changeable}: ${answer.headers.get('cache-status')}`).toBe(changeable);
    await done;
  }
});

it('is a different response while the stored one is validated', async () => {
  const { world, cache, read, ask } = worldOf(true);
  await world.get(cache, url);
  world.clock.now += 70_000;
  const { response, done } = ask();
  const answer = await response;
  expect(answer.headers.get('cache-status')).toContain('hit; ttl=-15');
  expect(read).not.toContain(answer);
  expect(await answer.text()).toBe('tile');
  await done;
  expect(world.asked.map(({ headers }) => headers.get('if-none-match'))).toEqual([null, '"a"']);
});

it('answers two requests at once with two responses', async () => {
  const { world, cache, ask } = worldOf(true);
  await world.get(cache, url);
  const both = [ask(), ask()];
  for (const { response } of both) expect(await (await response).text()).toBe('tile');
  await Promise.all(both.map(({ done }) => done));
});
