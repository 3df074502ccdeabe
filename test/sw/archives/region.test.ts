import { expect, it } from 'vitest';
import { createArea } from '../../../src/shared/area';
import { FIRST_BYTES } from '../../../src/shared/pmtiles-header';
import type { RegionSpec } from '../../../src/shared/regions';
import { pmtiles } from '../../../sw/pmtiles';
import { mortalWhen } from '../regions/mortal';
import { createRegionWorld, SMALL, urlsOf } from '../regions/world';
import { archiveOf, createArchiveHost, labelled, pyramid } from './archive-host';

/** Returns an archive with all tiles of the region but one. */
function fileOf(edition: string) {
  const area = createArea(SMALL.bounds);
  const tiles = [];
  for (let z = SMALL.zooms[0]; z <= SMALL.zooms[1]; z += 1)
    for (const tile of area.tiles(z)) tiles.push({ tile, body: labelled(edition, tile) });
  return archiveOf(tiles.slice(0, -1), { tileType: 'unknown' });
}

it('a region of an archive layer is complete offline, takes few requests, and switches editions at once', async () => {
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

it('an update checks the host, even if the layer’s last confirmation still holds', async () => {
  const host = createArchiveHost(await fileOf('one'));
  const layers = { roads: { archive: '/data/roads.pmtiles', maxAge: 86_400 } };
  const world = createRegionWorld({ layers, archives: pmtiles() });
  world.answer = (request) => {
    if (!world.reachable) throw new TypeError('no network');
    return host.answer(request);
  };
  await world.ask({ action: 'save', spec: SMALL });
  await world.finish();
  const update = async () => {
    world.clock.now += 3600_000;
    host.asked = [];
    await world.ask({ action: 'update', region: SMALL.id });
    return world.finish();
  };
  expect(await update()).toMatchObject([{ state: 'complete', edition: 2, failed: 0 }]);
  // The archive has not changed, so the check is the only request.
  expect(host.asked).toHaveLength(1);
  host.file = await fileOf('two');
  expect(await update()).toMatchObject([{ state: 'complete', edition: 3, failed: 0 }]);
  for (const url of urlsOf(SMALL).slice(0, -1)) expect(await world.offline(url)).toContain('two ');
});

it('a region of a whole archive resumes where it was stopped, and requests few bytes twice', async () => {
  const tiles = pyramid('one', 4, (id) => 400 + ((id * 31) % 300));
  const file = await archiveOf(tiles, { tileType: 'unknown' });
  const spec: RegionSpec = { ...SMALL, id: 'all', bounds: [-180, -85.06, 180, 85.06], zooms: [0, 4] };
  const options = { layers: { roads: { archive: '/data/roads.pmtiles' } }, archives: pmtiles() };
  const begin = async () => {
    const host = createArchiveHost(file);
    const world = createRegionWorld(options);
    world.answer = (request) => {
      if (!world.reachable) throw new TypeError('no network');
      return host.answer(request);
    };
    await world.ask({ action: 'save', spec });
    return { host, world };
  };
  const whole = { state: 'complete', tiles: tiles.length, failed: 0 };
  const straight = await begin();
  const sampled = straight.world.asked.length;
  expect(await straight.world.finish()).toMatchObject([whole]);
  const asked = straight.world.asked.length - sampled;
  expect(asked).toBeLessThan(tiles.length / 6);

  const { host, world } = await begin();
  const stops = 3;
  for (let stop = 1; stop <= stops; stop += 1) {
    const until = world.asked.length + Math.floor(asked / (stops + 1));
    const dead = mortalWhen(world, () => world.asked.length >= until, options);
    await Promise.race([dead, world.finish()]);
    world.restart();
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'downloading' }]);
  }
  expect(await world.finish()).toMatchObject([whole]);
  // Each stop loses the requests in flight, and causes one more read of the beginning of the file.
  const perStop = (host.sent - straight.host.sent) / stops;
  expect(perStop).toBeLessThan(FIRST_BYTES + 0.1 * file.byteLength);
  world.restart();
  for (const at of [0, 5, 100, tiles.length - 1]) {
    const { z, x, y } = tiles[at]!.tile;
    expect((await world.offline(`/tiles/roads/${z}/${x}/${y}`))?.startsWith(`one ${z}/${x}/${y} `)).toBe(true);
  }
});

it('a region imported from another machine is updated once the archive is reachable', async () => {
  const options = { layers: { roads: { archive: '/data/roads.pmtiles' } }, archives: pmtiles() };
  const open = async (edition?: string) => {
    const world = createRegionWorld(options);
    const host = edition === undefined ? undefined : createArchiveHost(await fileOf(edition));
    const machine = { world, host };
    world.answer = (request) => {
      if (!world.reachable || !machine.host) throw new TypeError('no network');
      return machine.host.answer(request);
    };
    return machine;
  };
  const first = await open('one');
  await first.world.ask({ action: 'save', spec: SMALL });
  await first.world.finish();
  const file = await first.world.ask<Blob>({ action: 'export', region: 'small' });

  const other = await open();
  const { world } = other;
  expect(await world.ask({ action: 'import', file })).toMatchObject({ state: 'complete' });
  const [url] = urlsOf(SMALL) as [string];
  expect(await world.offline(url)).toContain('one');
  // The network is available now, and the archive is a newer one.
  other.host = createArchiveHost(await fileOf('two'));
  await world.get(world.worker, '/tiles/roads/version.json');
  expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'outdated' }]);
  expect(await world.offline(url)).toContain('one');
  expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2 }]);
  expect(await world.offline(url)).toContain('two');
});
