// A region notices after a few requests that a host refuses everything.
import { describe, expect, it } from 'vitest';
import type { RegionInfo, RegionSpec } from '../../../src/shared/regions';
import { pmtiles } from '../../../sw/pmtiles';
import { archiveOf, createArchiveHost, labelled } from '../archives/archive-host';
import { boundsOf, createRegionWorld, ROADS, type RegionWorld, urlsOf } from './world';

const LARGE: RegionSpec = { id: 'large', layers: [ROADS], bounds: boundsOf(12, 2160, 1312, 32), zooms: [4, 12] };
const urls = urlsOf(LARGE);
const BASE = { layer: 'base', template: '/tiles/base/{z}/{x}/{y}' };
const TWO = { layers: { roads: { maxAge: 60 }, base: { maxAge: 60 } } };
const refuse = (status: number) => () => new Response('no', { status });

const save = (world: RegionWorld, spec: RegionSpec = LARGE) => world.ask({ action: 'save', spec });
const finish = async (world: RegionWorld): Promise<RegionInfo> => (await world.finish())[0]!;

describe('a host that refuses every tile', () => {
  it.each([401, 403, 400, 451])(
    'gets a few requests, and those for the rest once it gives tiles: %i',
    async (status) => {
      const world = createRegionWorld();
      const { content } = world;
      world.content = refuse(status);
      await save(world);
      const begun = world.clock.now;
      expect(await finish(world)).toMatchObject({
        state: 'incomplete',
        tiles: 0,
        failed: urls.length,
        failures: expect.arrayContaining([expect.objectContaining({ layer: 'roads', reason: `${status}` })]),
      });
      expect(world.clock.now).toBe(begun);
      expect(world.asked.length).toBeLessThan(40);
      // The host still refuses.
      world.asked.length = 0;
      await world.ask({ action: 'resume', region: 'large' });
      expect(await finish(world)).toMatchObject({ state: 'incomplete', failed: urls.length });
      expect(world.asked.length).toBeLessThan(30);
      world.content = content;
      await world.ask({ action: 'resume', region: 'large' });
      expect(await finish(world)).toMatchObject({ state: 'complete', tiles: urls.length, failed: 0 });
    },
  );

  it.each([403, 404, 410])('gets only a few more requests if it begins to refuse half-way: %i', async (status) => {
    const world = createRegionWorld();
    const { content } = world;
    await save(world);
    const sampled = world.asked.length;
    const until = sampled + 300;
    world.content = (path) => (world.asked.length > until ? refuse(status)() : content(path));
    const info = await finish(world);
    expect(info).toMatchObject({ state: 'incomplete' });
    expect(info.tiles).toBeGreaterThanOrEqual(300);
    expect(info.tiles + info.failed).toBe(urls.length);
    expect(world.asked.length).toBeLessThan(until + 100);
    world.content = content;
    await world.ask({ action: 'resume', region: 'large' });
    expect(await finish(world)).toMatchObject({ state: 'complete', failed: 0 });
  });

  it.each([403, 404])('makes an update fail soon, and the old edition stays: %i', async (status) => {
    const world = createRegionWorld();
    await save(world);
    await world.finish();
    for (let times = 0; times < 2; times += 1) {
      world.clock.now += 86_400_000;
      world.content = refuse(status);
      world.asked.length = 0;
      await world.ask({ action: 'update', region: 'large' });
      expect(await finish(world)).toMatchObject({ state: 'incomplete', edition: 1, tiles: urls.length });
      expect(world.asked.length).toBeLessThan(100);
    }
    for (const url of [urls[0]!, urls[500]!, urls.at(-1)!]) expect(await world.offline(url)).toBe(`one ${url}`);
  });

  it('does not affect other layers of the host', async () => {
    const world = createRegionWorld(TWO);
    const { content } = world;
    world.content = (path) => (path.startsWith('/tiles/base') ? refuse(403)() : content(path));
    await save(world, { ...LARGE, layers: [BASE, ROADS] });
    const info = await finish(world);
    expect(info).toMatchObject({ state: 'incomplete', tiles: urls.length, failed: urls.length });
    expect(world.asked.length).toBeLessThan(urls.length + 60);
  });

  it('with 404, gets some more requests', async () => {
    const world = createRegionWorld();
    world.content = refuse(404);
    await save(world);
    expect(await finish(world)).toMatchObject({ state: 'incomplete', tiles: 0, failed: urls.length });
    expect(world.asked.length).toBeLessThan(300);
  });
});

describe('a host that has no tile at all', () => {
  const small = (zooms: [number, number]): RegionSpec => ({ ...LARGE, bounds: boundsOf(12, 2160, 1312, 4), zooms });

  it.each<[zooms: [number, number], status: number]>([
    [[12, 12], 404],
    [[10, 12], 410],
    [[4, 12], 404],
  ])('is taken for a wrong URL, however few tiles there are: zooms %j, %i', async (zooms, status) => {
    const world = createRegionWorld();
    const { content } = world;
    world.content = refuse(status);
    const count = urlsOf(small(zooms)).length;
    expect(count).toBeLessThan(64);
    await save(world, small(zooms));
    const info = await finish(world);
    expect(info).toMatchObject({ state: 'incomplete', tiles: 0, bytes: 0, total: count, failed: count });
    expect(new Set(info.failures.map(({ reason }) => reason))).toEqual(new Set([`${status}`]));
    expect(world.asked.length).toBeLessThanOrEqual(count);
    // All of them are requested again.
    world.asked.length = 0;
    await world.ask({ action: 'resume', region: 'large' });
    expect(await finish(world)).toMatchObject({ state: 'incomplete', failed: count });
    expect(world.asked).toHaveLength(count);
    world.content = content;
    world.restart();
    await world.ask({ action: 'resume', region: 'large' });
    expect(await finish(world)).toMatchObject({ state: 'complete', tiles: count, failed: 0 });
    for (const url of urlsOf(small(zooms))) expect(await world.offline(url)).toBe(`one ${url}`);
  });

  it('completes the region if it answers with 204', async () => {
    const world = createRegionWorld();
    world.content = () => new Response(null, { status: 204 });
    await save(world, small([10, 12]));
    expect(await finish(world)).toMatchObject({ state: 'complete', failed: 0 });
  });

  it('completes the region if that had tiles before, and a newer version has none', async () => {
    const world = createRegionWorld();
    await save(world, small([10, 12]));
    await finish(world);
    world.content = refuse(410);
    await world.ask({ action: 'update', region: 'large' });
    expect(await finish(world)).toMatchObject({ state: 'complete', edition: 2, failed: 0 });
  });
});

describe('a host that lacks some tiles', () => {
  it.each([403, 404])('gets requests for all others: %i', async (status) => {
    const world = createRegionWorld();
    const { content } = world;
    // A coast: a third of each zoom is sea, and so are the lowest zooms.
    const isSea = (path: string) => {
      const [, , , z, x] = path.split('/').map(Number) as [0, 0, 0, number, number];
      return z < 7 || x / 2 ** (z - 12) < 2170;
    };
    world.content = (path) => (isSea(path) ? refuse(status)() : content(path));
    await save(world);
    const info = await finish(world);
    const sea = urls.filter(isSea).length;
    expect(sea).toBeGreaterThan(urls.length / 4);
    if (status === 404) expect(info).toMatchObject({ state: 'complete', failed: 0 });
    else expect(info).toMatchObject({ state: 'incomplete', tiles: urls.length - sea, failed: sea });
  });

  it('is trusted that a layer has none if another layer has tiles', async () => {
    const world = createRegionWorld(TWO);
    const { content } = world;
    world.content = (path) => (path.startsWith('/tiles/base') ? refuse(404)() : content(path));
    await save(world, { ...LARGE, layers: [ROADS, BASE] });
    expect(await finish(world)).toMatchObject({ state: 'complete', tiles: 2 * urls.length, failed: 0 });
  });
});

describe('an archive whose host', () => {
  const options = { layers: { roads: { archive: '/data/roads.pmtiles' } }, archives: pmtiles() };
  const page = () => new Response('<!doctype html><p>Hello', { headers: { 'content-type': 'text/html' } });

  it.each<[string, () => Response, string]>([
    ['refuses it', refuse(403), '403'],
    ['does not have the archive', refuse(404), '404'],
    ['no longer has the archive', refuse(410), '410'],
    ['answers with an HTML page', page, 'no archive'],
  ])('%s gets a few requests, without pauses', async (_, answer, reason) => {
    const world = createRegionWorld(options);
    world.content = answer;
    await save(world);
    const begun = world.clock.now;
    expect(await finish(world)).toMatchObject({
      state: 'incomplete',
      failed: urls.length,
      failures: expect.arrayContaining([expect.objectContaining({ reason })]),
    });
    expect(world.clock.now).toBe(begun);
    expect(world.asked.length).toBeLessThan(40);
    const area = urls.map((url) => url.split('/').slice(-3).map(Number) as [number, number, number]);
    const tiles = area.map(([z, x, y]) => ({ tile: { z, x, y }, body: labelled('one', { z, x, y }) }));
    const host = createArchiveHost(await archiveOf(tiles, { tileType: 'unknown' }));
    world.answer = host.answer;
    await world.ask({ action: 'resume', region: 'large' });
    expect(await finish(world)).toMatchObject({ state: 'complete', tiles: urls.length, failed: 0 });
  });
});
