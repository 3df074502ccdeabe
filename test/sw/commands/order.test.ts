// The worker applies messages in the order in which pages send them, although a purge with a box first checks its reach.
import { expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

const layer = 'roads';
const box: [number, number, number, number] = [1, -70, 44, -42];

it.each([
  ['a purge of a box under the previous version', { bbox: box, version: '1' }],
  ['a purge of some zooms under the previous version', { zooms: [3, 5], version: '1' }],
  ['a purge of the layer under the previous version', { version: '1' }],
])('%s does not undo the version that is announced after it', async (_, part) => {
  const world = createWorld();
  const cache = world.start();
  world.answer = () => new Response('tile', { headers: { 'cache-control': 'max-age=60', 'x-tile-version': '2' } });
  await world.get(cache, '/tiles/roads/3/4/5.bin');
  const versions = (version: string, revision: number) =>
    cache.message(
      {
        type: 'TILE_VERSIONS',
        id: version,
        manifest: { layers: { [layer]: { version, revision } } },
        confirmedAt: world.clock.now,
      },
      undefined,
    );
  await versions('1', 1);
  await Promise.all([cache.message({ type: 'CACHE_INVALIDATE', layer, ...part }, undefined), versions('2', 2)]);
  await cache.settled();
  expect(cache.ledger.state?.layers.get(layer)).toMatchObject({ version: '2', revision: 2 });
  const elsewhere = await world.get(cache, '/tiles/roads/3/0/0.bin');
  expect(elsewhere.headers.get('x-tile-version')).toBe('2');
});
