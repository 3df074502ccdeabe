// A new release parses URLs differently from the release that stored the tiles.
import { expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { createWorld } from '../fakes/world';

const template = (row: string, column = '{x}') => ({ template: `/tiles/roads/{z}/${column}/${row}.bin` });

it.each([
  ['scheme', {}, { scheme: 'tms' as const }, '3/1/5'],
  ['{y} becomes {-y}', template('{y}'), template('{-y}'), '3/1/5'],
  ['{-y} becomes {y}', template('{-y}'), template('{y}'), '3/1/5'],
  ['{x} and {y} are exchanged', template('{y}'), template('{x}', '{y}'), '3/2/1'],
])('a corrected template does not find tiles under wrong positions: %s', async (_, before, after, mistaken) => {
  const world = createWorld();
  world.answer = ({ url }) =>
    new Response(new URL(url).pathname, {
      headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' },
    });
  const wrong = world.start({ layers: { roads: before } });
  await world.get(wrong, '/tiles/roads/3/1/2.bin');
  const right = world.start({ layers: { roads: after } });
  const path = `/tiles/roads/${mistaken}.bin`;
  expect(await (await world.get(right, path)).text()).toBe(path);
});

it.each<[string, LayerOptions, LayerOptions, Record<string, string>, string]>([
  ['maxAge', { maxAge: 60 }, { maxAge: 10 }, {}, 'fwd=stale; fwd-status=200'],
  ['maxAge', { maxAge: 10 }, { maxAge: 60 }, {}, 'hit; ttl=30'],
  ['staleWhileRevalidate', { maxAge: 10 }, { maxAge: 10, staleWhileRevalidate: 60 }, {}, 'hit; ttl=-20'],
  ['override', { maxAge: 60 }, { maxAge: 60, override: true }, { 'cache-control': 'max-age=10' }, 'hit; ttl=30'],
  ['ignoreVary', {}, { ignoreVary: ['Cookie'] }, { vary: 'Cookie', 'cache-control': 'max-age=60' }, 'hit; ttl=30'],
  ['partition', {}, { partition: 'ann' }, { 'cache-control': 'max-age=60' }, 'fwd=uri-miss; fwd-status=200'],
  ['accept', {}, { accept: ['image/*'] }, { 'cache-control': 'max-age=60' }, 'hit; ttl=30'],
])('%s of a new release applies to stored tiles', async (_, before, after, headers, status) => {
  const world = createWorld();
  world.answer = () => new Response('tile', { headers: { 'content-type': 'application/octet-stream', ...headers } });
  await world.get(world.start({ layers: { roads: before } }), '/tiles/roads/3/1/2.bin');
  world.clock.now += 30_000;
  const answer = await world.get(world.start({ layers: { roads: after } }), '/tiles/roads/3/1/2.bin');
  expect(answer.headers.get('cache-status')).toBe(`sw-tile-cache; ${status}`);
});

it('a removed layer leaves no tiles once the new worker is active', async () => {
  const world = createWorld();
  await world.get(world.start({ layers: { roads: {}, parks: {} } }), '/tiles/roads/3/1/2.bin');
  const keys = () => [...world.caches.caches.keys()].filter((name) => name.includes(':roads@'));
  expect(keys()).toHaveLength(1);
  await world.start({ layers: { parks: {} } }).activate();
  expect(keys()).toEqual([]);
});
