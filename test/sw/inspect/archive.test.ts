// Inspects tiles of an archive. If its host does not support ranges, the worker stores the whole file.
import { expect, it } from 'vitest';
import { pmtiles } from '../../../sw/pmtiles';
import { archiveOf, createArchiveHost, pyramid } from '../archives/archive-host';
import { createInspectWorld } from './world';

it.each([
  ['as a whole', true],
  ['in ranges', false],
])('predicts what is answered offline from an archive that is stored %s', async (_, noRanges) => {
  const host = createArchiveHost(await archiveOf(pyramid('one', 6), { tileType: 'unknown' }), { noRanges });
  const world = createInspectWorld(null, {
    layers: { roads: { archive: '/data/roads.pmtiles?token=hush-hush' } },
    archives: pmtiles(),
  });
  world.answer = (request) => host.answer(request);
  const [read, other] = ['/tiles/roads/6/33/22', '/tiles/roads/6/1/1'];
  expect((await world.inspect(other)).offline.reason.token).toBe('nothing-stored');
  await world.fetch(read);
  world.restart();
  const told = await world.inspect(other);
  expect([told.offline.shown, told.offline.reason.token]).toEqual(
    noRanges ? [true, 'archive'] : [false, 'nothing-stored'],
  );
  // A signed URL is a secret.
  expect(JSON.stringify(told)).not.toContain('hush');
  world.answer = () => Promise.reject(new TypeError('no network'));
  expect((await world.fetch(other)).status).toBe(noRanges ? 200 : 504);
  expect((await world.fetch(read)).status).toBe(200);
  // After a purge, the host has to confirm the file.
  await world.send({ type: 'CACHE_INVALIDATE', layer: 'roads', bbox: [-180, -85, 180, 85] });
  expect((await world.inspect(other)).offline.reason.token).toBe('nothing-stored');
  expect((await world.fetch(other)).status).toBe(504);
});
