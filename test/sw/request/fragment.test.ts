import { expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

it('a fragment, which MapLibre’s binding adds to distinguish requests, does not change the tile', async () => {
  const world = createWorld();
  let bodies = 0;
  world.answer = () =>
    new Response(`${++bodies}`, {
      headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' },
    });
  const cache = world.start({ layers: { roads: {} } });
  const ask = async (hash: string) => (await world.get(cache, `/tiles/roads/3/4/5.bin${hash}`)).text();
  expect([await ask(''), await ask('#a'), await ask('#b')]).toEqual(['1', '1', '1']);
});
