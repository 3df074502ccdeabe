// The inspector lists tiles that were taken over from another library, which are in packs as well.
import { expect, it } from 'vitest';
import type { EntriesPage } from '../../../src/shared/inspect-entries';
import { inspector } from '../../../sw/inspect';
import { CACHE, createMoveWorld, PNG, TILE } from '../move-in/world';

it('lists tiles that were taken over with their own bytes, and does not list their pack', async () => {
  const world = createMoveWorld({ layers: { roads: {} }, inspect: inspector() });
  await world.old(TILE, { 'cache-control': 'max-age=3600' });
  await world.old('/tiles/roads/6/33/23.png');
  await world.move({ from: 'workbox', cache: CACHE });
  const { entries } = await world.send<EntriesPage>({ type: 'TILE_INSPECT', action: 'entries', layer: 'roads' });
  expect(entries.map(({ tile }) => tile)).toEqual([
    { z: 6, x: 33, y: 22 },
    { z: 6, x: 33, y: 23 },
  ]);
  expect(entries.map(({ bytes, type }) => [bytes, type])).toEqual(Array(2).fill([PNG.length, 'image/png']));
});
