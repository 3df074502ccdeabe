// Tiles that were taken over from another program lie in packs, too: they are listed as they are.
import { expect, it } from 'vitest';
import type { EntriesPage } from '../../../src/shared/inspect-entries';
import { inspector } from '../../../sw/inspect';
import { CACHE, createMoveWorld, PNG, TILE } from '../move-in/world';

it('tiles that have moved in are listed with their own bytes, and the pack is none of them', async () => {
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
