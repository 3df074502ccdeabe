import { expect, it } from 'vitest';
import { createArea } from '../../../src/shared/area';
import { pmtiles } from '../../../sw/pmtiles';
import { createRegionWorld, SMALL, urlsOf } from '../regions/world';
import { archiveOf, createArchiveHost, labelled } from './archive-host';

/** The region's tiles, but for one that the archive does not have. */
function fileOf(edition: string) {
  const area = createArea(SMALL.bounds);
  const tiles = [];
  for (let z = SMALL.zooms[0]; z <= SMALL.zooms[1]; z += 1)
    for (const tile of area.tiles(z)) tiles.push({ tile, body: labelled(edition, tile) });
  return archiveOf(tiles.slice(0, -1), { tileType: 'unknown' });
}

it('a region of a layer with an archive is whole offline, takes few requests, and changes as one', async () => {
  const host = createArchiveHost(await fileOf('one'));
  const world = createRegionWorld({ layers: { roads: { archive: '/data/roads.pmtiles' } }, archives: pmtiles() });
  world.answer = (request) => {
    if (!world.reachable) throw new TypeError('no network');
    return host.answer(request);
  };
  const urls = urlsOf(SMALL);
  const inside = async () => {
    const texts = [];
    for (const url of urls) texts.push((await world.offline(url))?.replace(/\.*$/, ''));
    return texts;
  };
  const wanted = (edition: string) =>
    urls.map((url, at) => (at === urls.length - 1 ? '' : `${edition} ${url.slice('/tiles/roads/'.length)} `));

  await world.ask({ action: 'save', spec: SMALL });
  expect(await world.finish()).toMatchObject([{ state: 'complete', total: urls.length, failed: 0, edition: 1 }]);
  expect(host.asked.length).toBeLessThan(0.75 * urls.length);
  world.clock.now += 86_400_000;
  world.restart();
  expect(await inside()).toEqual(wanted('one'));

  host.file = await fileOf('two');
  await world.ask({ action: 'update', region: SMALL.id });
  await world.finish();
  world.restart();
  expect(await inside()).toEqual(wanted('two'));
});
