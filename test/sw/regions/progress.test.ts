// The progress that pages see during a download: it grows, and counts the parts of the style.
import { describe, expect, it } from 'vitest';
import type { RegionInfo, RegionSpec } from '../../../src/shared/regions';
import type { TileCacheOptions } from '../../../sw/options';
import { ORIGIN } from '../fakes/world';
import { boundsOf, createRegionWorld, ROADS, type RegionWorld, urlsOf } from './world';

const LARGE: RegionSpec = { id: 'large', layers: [ROADS], bounds: boundsOf(12, 2156, 1304, 10), zooms: [11, 12] };
const STYLED: TileCacheOptions = {
  layers: { roads: { maxAge: 60 }, assets: { template: ['/style.json', '/images/*'], maxAge: 60 } },
};
const PARTS = 31;
const count = urlsOf(LARGE).length;

/** A world whose requests take 200 ms each. `told` collects the messages about the region. */
function slowWorld() {
  const world = createRegionWorld(STYLED);
  const { content, answer } = world;
  const sources = Object.fromEntries(
    Array.from({ length: PARTS - 1 }, (_, i) => [`s${i}`, { type: 'image', url: `/images/${i}` }]),
  );
  const style = JSON.stringify({ version: 8, sources, layers: [] });
  world.content = (path) => (path === '/style.json' ? style : content(path));
  world.answer = (request) => {
    world.clock.now += 200;
    return answer(request);
  };
  const told = () =>
    world.posted.flatMap((one) => {
      const { type, region } = one as { type: string; region: RegionInfo };
      return type === 'TILE_REGION' ? [region] : [];
    });
  return { world, told };
}

const list = async (world: RegionWorld) => (await world.ask<RegionInfo[]>({ action: 'list' }))[0]!;
const drive = (world: RegionWorld) => world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });

function expectGrowth(infos: readonly RegionInfo[]) {
  expect(infos.length).toBeGreaterThan(8);
  infos.forEach((info, i) => {
    const before = infos[i - 1];
    expect(info.tiles).toBeLessThanOrEqual(info.total);
    expect(info.bytes > 0).toBe(info.tiles > 0);
    if (!before || before.edition !== info.edition) return;
    for (const field of ['tiles', 'bytes', 'total'] as const)
      expect(info[field], `${field} of ${i}`).toBeGreaterThanOrEqual(before[field]);
  });
}

describe('progress', () => {
  it.each([false, true])('never decreases, with a stop of the worker: %s', async (stops) => {
    const { world, told } = slowWorld();
    const infos = [await world.ask<RegionInfo>({ action: 'save', spec: { ...LARGE, style: `${ORIGIN}/style.json` } })];
    for (let i = 0; i < 60; i += 1) {
      const begun = told().length;
      const { again } = await drive(world);
      infos.push(...told().slice(begun));
      if (again === undefined) break;
      world.clock.now += again;
      if (stops) world.restart();
      infos.push(await list(world));
    }
    expect(infos.at(-1)).toMatchObject({ state: 'complete', tiles: count + PARTS, total: count + PARTS });
    expectGrowth(infos);
  });

  it('reports the rate at which tiles arrive, not that at which a slice finds stored ones', async () => {
    const { world, told } = slowWorld();
    // This is one block in several slices.
    await world.ask({ action: 'save', spec: { ...LARGE, bounds: boundsOf(12, 2160, 1312, 16), zooms: [12, 12] } });
    for (let again: number | undefined = 0; again !== undefined;) ({ again } = await drive(world));
    const rates = told().flatMap(({ rate }) => rate ?? []);
    expect(rates.length).toBeGreaterThan(20);
    for (const rate of rates) expect(rate).toBeLessThanOrEqual(7);
    for (const { remaining, rate, total, tiles } of told())
      if (rate) expect(remaining).toBeCloseTo((total - tiles) / rate);
  });

  it('counts the parts of a style as soon as they are known', async () => {
    const { world, told } = slowWorld();
    await world.ask({ action: 'save', spec: { ...LARGE, style: `${ORIGIN}/style.json` } });
    await world.finish();
    const infos = told();
    const begun = infos.findIndex(({ total }) => total === count + PARTS);
    // So far: the sample and the style itself.
    expect(infos[begun]!.tiles).toBe(61);
    expect(new Set(infos.slice(begun).map(({ total }) => total))).toEqual(new Set([count + PARTS]));
  });

  it('supports a style with a relative URL, without the client', async () => {
    const { world } = slowWorld();
    await world.ask({ action: 'save', spec: { ...LARGE, style: '/style.json' } });
    expect(await world.finish()).toMatchObject([{ state: 'complete', style: `${ORIGIN}/style.json` }]);
    const refused = world.ask({ action: 'save', spec: { ...LARGE, style: 'https://' } });
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTION', field: 'style' });
  });

  it('counts a failed part, which is tried again at the end', async () => {
    const { world } = slowWorld();
    const { content } = world;
    let failures = 0;
    world.content = (path) =>
      path === '/images/7' && (failures += 1) === 1 ? new Response('no', { status: 403 }) : content(path);
    await world.ask({ action: 'save', spec: { ...LARGE, style: `${ORIGIN}/style.json` } });
    expect(await world.finish()).toMatchObject([{ state: 'complete', total: count + PARTS }]);
    expect(failures).toBeGreaterThan(1);
  });

  it('of an update begins at zero, and never decreases', async () => {
    const { world, told } = slowWorld();
    await world.ask({ action: 'save', spec: { ...LARGE, style: `${ORIGIN}/style.json` } });
    await world.finish();
    world.posted.length = 0;
    await world.ask({ action: 'update', region: 'large' });
    await world.finish();
    expectGrowth(told());
    expect(told()[0]!.tiles).toBe(0);
    expect(told().at(-1)).toMatchObject({ state: 'complete', tiles: count + PARTS });
  });

  it('continues from its value when failed tiles are tried again', async () => {
    const { world, told } = slowWorld();
    const { content } = world;
    const failing = (path: string) => /3$/.test(path);
    world.content = (path) => (failing(path) ? new Response('no', { status: 403 }) : content(path));
    await world.ask({ action: 'save', spec: { ...LARGE, style: `${ORIGIN}/style.json` } });
    await world.finish();
    const before = await list(world);
    expect(before.tiles).toBeLessThan(count + PARTS);
    world.content = content;
    world.posted.length = 0;
    await world.ask({ action: 'resume', region: 'large' });
    await world.finish();
    expectGrowth([before, ...told()]);
    expect(await list(world)).toMatchObject({ state: 'complete', tiles: count + PARTS, total: count + PARTS });
  });
});
