// Regions after a change of the worker's options, or of the user.
import { describe, expect, it } from 'vitest';
import type { TileCacheOptions } from '../../../sw/options';
import { boundsOf, createRegionWorld, type RegionWorld, ROADS, SMALL, urlsOf } from './world';

const urls = urlsOf(SMALL);
const DAY = 86_400_000;

const save = async (world: RegionWorld, change: object = {}) => {
  await world.ask({ action: 'save', spec: { ...SMALL, ...change } });
  expect(await world.finish()).toMatchObject([{ state: 'complete' }]);
  world.clock.now += DAY;
};
const inside = async (world: RegionWorld) => {
  const texts = [];
  for (const url of urls) texts.push((await world.offline(url))?.split(' ')[0]);
  return texts;
};
const tell = (world: RegionWorld, message: object) =>
  new Promise<void>((resolve) => void world.worker.message(message as never, { postMessage: () => resolve() }));

describe('a region of a layer that the worker no longer serves', () => {
  it.each<[string, TileCacheOptions]>([
    ['it is not configured', { layers: { base: { maxAge: 60 } } }],
    ['its tiles have other URLs', { layers: { roads: { maxAge: 60, template: '/new/{z}/{x}/{y}' } } }],
  ])('reports its tiles as failed, requests none, and keeps stored ones: %s', async (_, options) => {
    const world = createRegionWorld();
    await save(world);
    world.restart(options);
    world.asked.length = 0;
    await world.ask({ action: 'update', region: 'small' });
    const [info] = await world.finish();
    expect(info).toMatchObject({ state: 'incomplete', edition: 1, failed: urls.length });
    expect(info?.failures[0]).toMatchObject({ layer: 'roads', reason: 'no layer of the worker has its URL' });
    expect(world.asked).toEqual([]);
    // The next release has the layer again.
    world.restart();
    expect(await inside(world)).toEqual(urls.map(() => 'one'));
    world.content = (path) => `two ${path}`;
    await world.ask({ action: 'resume', region: 'small' });
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2, failed: 0 }]);
    expect(await inside(world)).toEqual(urls.map(() => 'two'));
  });

  it('keeps them even when a change of another layer makes the worker check all regions', async () => {
    const base = { layer: 'base', template: '/tiles/base/{z}/{x}/{y}' };
    const world = createRegionWorld({ layers: { roads: { maxAge: 60 }, base: { maxAge: 60 } } });
    await save(world, { layers: [ROADS, base] });
    world.restart({ layers: { base: { maxAge: 60 } } });
    await tell(world, { type: 'CACHE_INVALIDATE', layer: 'base', mode: 'stale' });
    expect(await world.finish()).toMatchObject([{ state: 'incomplete', edition: 1 }]);
    world.restart();
    expect(await inside(world)).toEqual(urls.map(() => 'one'));
  });
});

describe('a region of one user', () => {
  const twoUsers = async () => {
    const user = { name: 'alice' };
    const world = createRegionWorld({ layers: { roads: { maxAge: 60, partition: () => user.name } } });
    world.content = (path) => `${user.name} ${path}`;
    await save(world);
    user.name = 'bob';
    return { world, user };
  };

  it('waits while another user is present, and stores nothing of that user', async () => {
    const { world, user } = await twoUsers();
    await tell(world, { type: 'CACHE_INVALIDATE', layer: 'roads', mode: 'stale' });
    world.asked.length = 0;
    expect(await world.finish(5)).toMatchObject([{ state: 'waiting', reason: 'user', edition: 1 }]);
    expect(world.asked).toEqual([]);
    expect(await inside(world)).toEqual(urls.map(() => undefined));
    user.name = 'alice';
    expect(await inside(world)).toEqual(urls.map(() => 'alice'));
    expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2 }]);
    expect(await inside(world)).toEqual(urls.map(() => 'alice'));
  });

  it('cannot be exported by another user', async () => {
    const { world, user } = await twoUsers();
    await expect(world.ask({ action: 'export', region: 'small' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      field: 'id',
    });
    user.name = 'alice';
    expect(await (await world.ask<Blob>({ action: 'export', region: 'small' })).text()).toContain('alice /tiles/');
  });

  it('is never complete for another user who resumes it after the first one has left', async () => {
    const { world } = await twoUsers();
    await tell(world, { type: 'TILE_CLEAR', partition: 'alice' });
    await world.ask({ action: 'resume', region: 'small' });
    expect(await world.finish(5)).toMatchObject([{ state: 'waiting', edition: 0 }]);
    await save(world);
    expect(await inside(world)).toEqual(urls.map(() => 'bob'));
  });

  it('leaves no tile of its sample to another user if a stop interrupted the save', async () => {
    const { world, user } = await twoUsers();
    await world.ask({ action: 'remove', region: 'small' });
    user.name = 'alice';
    world.asked.length = 0;
    const { answer } = world;
    let hangs = false;
    world.answer = (request) => (hangs ? new Promise(() => {}) : answer(request));
    // The last tile of the sample does not arrive before the worker is stopped.
    const isOver = new Promise<void>((resolve) => {
      world.content = (path) => {
        hangs = world.tilesAsked().length > 20;
        if (hangs) resolve();
        return `${user.name} ${path}`;
      };
    });
    const large = { ...SMALL, bounds: boundsOf(12, 2160, 1312, 16), zooms: [12, 12] as [number, number] };
    void world.ask({ action: 'save', spec: large }).catch(() => {});
    await isOver;
    world.answer = answer;
    world.restart({ layers: { roads: { maxAge: 60, partition: () => user.name } } });
    user.name = 'bob';
    // The second user's own sample gets nothing.
    world.reachable = false;
    await world.ask({ action: 'save', spec: large });
    world.reachable = true;
    expect(await world.finish()).toMatchObject([{ state: 'complete' }]);
    for (const url of urlsOf(large)) expect(await world.offline(url)).toBe(`bob ${url}`);
  });
});
