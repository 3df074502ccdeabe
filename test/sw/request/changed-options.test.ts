// A release reads URLs in another way than the release that stored the tiles.
import { expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

const template = (row: string, column = '{x}') => ({ template: `/tiles/roads/{z}/${column}/${row}.bin` });

it.each([
  ['scheme', {}, { scheme: 'tms' as const }, '3/1/5'],
  ['{y} becomes {-y}', template('{y}'), template('{-y}'), '3/1/5'],
  ['{-y} becomes {y}', template('{-y}'), template('{y}'), '3/1/5'],
  ['{x} and {y} change places', template('{y}'), template('{x}', '{y}'), '3/2/1'],
])('a correction finds no tile in a place where it never was: %s', async (_, before, after, mistaken) => {
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
