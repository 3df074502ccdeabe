// The duration of slices, and how the next slice continues.
import { describe, expect, it } from 'vitest';
import type { RegionInfo, RegionSpec } from '../../../src/shared/regions';
import type { TileCacheOptions } from '../../../sw/options';
import { regions } from '../../../sw/regions';
import { createRecords } from '../../../sw/regions/record-store';
import { globalTimers } from '../../../sw/util/deadline';
import { fakeTimers } from '../fakes/timers';
import { ORIGIN } from '../fakes/world';
import { boundsOf, createRegionWorld, ROADS, type RegionWorld, SMALL, urlsOf } from './world';

const LARGE: RegionSpec = { id: 'large', layers: [ROADS], bounds: boundsOf(12, 2160, 1300, 16), zooms: [12, 12] };
const style = 'https://map.example/style.json';
const STYLED: TileCacheOptions = {
  layers: { roads: { maxAge: 60 }, assets: { template: ['/style.json', '/fonts/*', '/images/*'], maxAge: 60 } },
};

/** Drives to the end. Returns the duration of each slice. */
async function slicesOf(world: RegionWorld, most = 300): Promise<number[]> {
  const slices: number[] = [];
  while (slices.length < most) {
    const begun = world.clock.now;
    const { again } = await world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });
    slices.push(world.clock.now - begun);
    if (again === undefined) break;
    world.clock.now += again;
  }
  return slices;
}

/** Makes each request take this many milliseconds. */
function slow(world: RegionWorld, ms: number): void {
  const { answer } = world;
  world.answer = (request) => {
    world.clock.now += ms;
    return answer(request);
  };
}

/** Returns the tiles of the sample. */
const sampledOf = ({ asked }: RegionWorld) => new Set(asked.map(({ url }) => new URL(url).pathname));

const json = (value: object) => Response.json(value, { headers: { 'cache-control': 'max-age=60' } });
const label = { id: 'a', type: 'symbol', source: 'x', layout: { 'text-field': 'a', 'text-font': ['A'] } };

describe('a slice is short', () => {
  it('while the parts of a style with a hundred glyph ranges are fetched', async () => {
    const world = createRegionWorld(STYLED);
    const { content } = world;
    world.content = (path) =>
      path === '/style.json'
        ? json({ version: 8, sources: {}, glyphs: '/fonts/{fontstack}/{range}', layers: [label] })
        : content(path);
    const glyphRanges = Array.from({ length: 100 }, (_, i) => `${i * 256}-${i * 256 + 255}`);
    await world.ask({ action: 'save', spec: { ...SMALL, style, glyphRanges } });
    slow(world, 1000);
    expect(Math.max(...(await slicesOf(world)))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    const fonts = world.asked.filter(({ url }) => url.includes('/fonts/'));
    expect(fonts).toHaveLength(100);
  });

  it('while the parts of a style are read again, once each', async () => {
    const world = createRegionWorld(STYLED);
    const { content } = world;
    const sources = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`s${i}`, { type: 'image', url: `/images/${i}` }]),
    );
    world.content = (path) => (path === '/style.json' ? json({ version: 8, sources, layers: [] }) : content(path));
    await world.ask({ action: 'save', spec: { ...SMALL, style } });
    slow(world, 1000);
    expect(Math.max(...(await slicesOf(world)))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(world.asked.filter(({ url }) => url.includes('/images/'))).toHaveLength(80);
  });

  it('while a style differs at each read', async () => {
    const world = createRegionWorld(STYLED);
    let asked = 0;
    const sources = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`s${i}`, { type: 'image', url: `/images/${i}` }]),
    );
    const { content } = world;
    world.content = (path) =>
      path === '/style.json' ? json({ version: 8, sources, layers: [], at: (asked += 1) }) : content(path);
    await world.ask({ action: 'save', spec: { ...SMALL, style } });
    slow(world, 1000);
    expect(Math.max(...(await slicesOf(world)))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(asked).toBeLessThan(15);
  });
});

describe('the next slice continues', () => {
  it.each([403, 500])('after failed tiles: %i', async (status) => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: LARGE });
    world.content = () => new Response('no', { status });
    slow(world, 300);
    const slices = await slicesOf(world);
    expect(Math.max(...slices)).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'incomplete' }]);
  });

  it('after tiles that stay although the origin no longer has them', async () => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: LARGE });
    await world.finish();
    world.clock.now += 86_400_000;
    const { content } = world;
    const missing = new Set(urlsOf(LARGE).filter((_, i) => i % 4 > 0));
    world.content = (path) => (missing.has(path) ? new Response(null, { status: 404 }) : content(path));
    await world.ask({ action: 'update', region: 'large' });
    world.asked.length = 0;
    slow(world, 300);
    expect(Math.max(...(await slicesOf(world)))).toBeLessThan(20_000);
    // Keep a few, which prove that the origin has tiles.
    expect(world.asked.length).toBeLessThan(urlsOf(LARGE).length + 8);
    expect(await world.offline(urlsOf(LARGE)[3]!)).toContain('one');
  });
});

describe('a host that hangs', () => {
  /** A world whose timers follow its clock, with a host that hangs while `hangs` returns true. */
  const hanging = (concurrency = 16, requestsPerSecond?: number, { layers }: TileCacheOptions = {}) => {
    const world = Object.assign(createRegionWorld(), { ended: 0 });
    const timers = fakeTimers({ soon: 500, clock: world.clock });
    world.worker = world.start(
      {
        layers: { ...layers, roads: { maxAge: 60, concurrency } },
        regions: regions(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
      },
      { ...timers, estimate: async () => ({ usage: 0, quota: 1e9 }) },
    );
    let delayOf = (_path: string) => 0;
    const { answer } = world;
    world.answer = (request) => {
      const ms = delayOf(new URL(request.url).pathname);
      if (ms === 0) return answer(request);
      return new Promise((resolve, reject) => {
        if (ms < Infinity) timers.setTimeout(() => resolve(answer(request)), ms);
        request.signal.addEventListener('abort', () => {
          world.ended += 1;
          reject(new Error('aborted'));
        });
      });
    };
    /** Drives once, and moves the clock until the slice ends. */
    const drive = async () => {
      const begun = world.clock.now;
      let result: { again?: number } | undefined;
      void world
        .ask<{ again?: number }>({ action: 'drive', metered: false, online: true })
        .then((again) => (result = again));
      while (!result && world.clock.now - begun < 60_000) await timers.pass(1000);
      return { took: world.clock.now - begun, again: result?.again };
    };
    const finish = async (most = 100) => {
      const slices: number[] = [];
      for (; most > 0; most -= 1) {
        const { took, again } = await drive();
        slices.push(took);
        if (again === undefined) break;
        await timers.pass(again);
      }
      return slices;
    };
    const delay = (of: typeof delayOf) => (delayOf = of);
    return {
      world,
      timers,
      drive,
      finish,
      delay,
      hang: (when: (path: string) => boolean) => delay((path) => (when(path) ? Infinity : 0)),
    };
  };

  it('does not make slices longer, even if a map waits for the same tile', async () => {
    const { world, drive, finish, hang } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    hang(() => true);
    const asked = world.asked.length;
    const slices = finish(12);
    void world.get(world.worker, urlsOf(LARGE)[1]!).catch(() => {});
    expect(Math.max(...(await slices))).toBeLessThan(20_000);
    expect(world.asked.length - asked).toBeLessThan(40);
    // Until the region pauses because of the failures.
    while (((await drive()).again ?? 0) < 1000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'waiting', reason: 'offline' }]);
    hang(() => false);
    expect(Math.max(...(await finish()))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it.each([15, 19.5, 25, 29])('is not a host whose tiles take %d s each', async (seconds) => {
    const { world, finish, delay } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    delay(() => seconds * 1000);
    const asked = world.asked.length;
    expect(Math.max(...(await finish()))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(world.asked.length - asked).toBeLessThanOrEqual(urlsOf(LARGE).length);
  });

  it('is not a host whose style parts take 25 s each', async () => {
    const { world, finish, delay } = hanging(16, undefined, STYLED);
    const { content } = world;
    const sources = { a: { type: 'image', url: '/images/a' }, b: { type: 'image', url: '/images/b' } };
    world.content = (path) => (path === '/style.json' ? json({ version: 8, sources, layers: [] }) : content(path));
    await world.ask({ action: 'save', spec: { ...SMALL, zooms: [5, 6], style } });
    delay(() => 25_000);
    expect(Math.max(...(await finish()))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(world.asked.filter(({ url }) => url.includes('/images/'))).toHaveLength(4);
  });

  it('a response after the end of a slice is stored, even if the worker is stopped before the next one', async () => {
    const { world, timers, finish, drive, delay } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    delay(() => 25_000);
    world.asked.length = 0;
    await drive();
    const first = world.asked.map(({ url }) => url);
    expect(first.length).toBeGreaterThan(0);
    await timers.pass(10_000);
    delay(() => 0);
    world.restart();
    world.asked.length = 0;
    await finish();
    expect(world.asked.map(({ url }) => url).filter((url) => first.includes(url))).toEqual([]);
  });

  it('requests between two slices are aborted by a change of the region', async () => {
    const { world, timers, drive, delay } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    delay(() => 25_000);
    const records = createRecords(`${ORIGIN}/`, globalTimers);
    const before = await records.stagedSizes('large');
    await drive();
    await world.ask({ action: 'remove', region: 'large' });
    await timers.pass(10_000);
    expect(before.length).toBeGreaterThan(0);
    expect(await records.stagedSizes('large')).toEqual([]);
    expect(world.ended).toBeGreaterThan(0);
  });

  it('does not make slices longer if requests wait for their turns', async () => {
    const { world, timers, finish } = hanging(64, 1);
    const saving = world.ask({ action: 'save', spec: LARGE });
    await timers.pass(120_000);
    await saving;
    expect(Math.max(...(await finish()))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it('for some tiles does not affect the others', async () => {
    const { world, finish, hang } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    const some = new Set(urlsOf(LARGE).filter((url) => /[37]$/.test(url)));
    hang((path) => some.has(path));
    await finish(60);
    const had = (await world.ask<{ tiles: number }[]>({ action: 'list' }))[0]!.tiles;
    expect(had).toBeGreaterThan(urlsOf(LARGE).length * 0.5);
  });

  it.each<[string, (path: string, i: number) => boolean]>([
    ['five', (_, i) => i % 40 === 7],
    ['the last five', (_, i) => i >= 191],
    ['the first forty', (_, i) => i < 40],
  ])('for %s tiles forever makes them fail, and all others are stored', async (_, isHung) => {
    const { world, finish, hang } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    const urls = urlsOf(LARGE);
    const kept = sampledOf(world);
    const hung = new Set(urls.filter((path) => !kept.has(path)).filter(isHung));
    hang((path) => hung.has(path));
    expect(Math.max(...(await finish()))).toBeLessThan(20_000);
    const [info] = await world.ask<RegionInfo[]>({ action: 'list' });
    expect(info).toMatchObject({ state: 'incomplete', tiles: urls.length - hung.size, failed: hung.size });
    expect(info!.failures.every(({ reason }) => reason === 'timeout')).toBe(true);
    hang(() => false);
    world.asked.length = 0;
    await world.ask({ action: 'resume', region: 'large' });
    await finish();
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
    expect(world.tilesAsked().sort()).toEqual([...hung].sort());
  });

  it.each([
    ['first', 9],
    ['last', 10],
  ])('for all tiles of a zoom makes them fail, and those of other zooms are stored: the %s', async (_, zoom) => {
    const { world, finish, hang } = hanging();
    const spec: RegionSpec = { ...SMALL, bounds: [9, 53, 12, 54.9], zooms: [9, 10] };
    await world.ask({ action: 'save', spec });
    const sampled = sampledOf(world);
    const hung = urlsOf(spec).filter((path) => path.startsWith(`/tiles/roads/${zoom}/`) && !sampled.has(path));
    hang((path) => hung.includes(path));
    await finish(300);
    expect(hung.length).toBeGreaterThan(10);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'incomplete', failed: hung.length }]);
  });

  it('for some tiles of an update makes them fail', async () => {
    const { world, finish, hang } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    await finish();
    const hung = new Set(urlsOf(LARGE).slice(0, 40));
    hang((path) => hung.has(path));
    await world.ask({ action: 'update', region: 'large' });
    await finish();
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'incomplete', failed: 40, edition: 1 }]);
  });

  it('refuses the connection for some tiles, which fail', async () => {
    const { world, finish } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    const kept = sampledOf(world);
    const { answer } = world;
    const refused = new Set(urlsOf(LARGE).filter((path, i) => i % 20 === 3 && !kept.has(path)));
    world.answer = (request) => {
      if (refused.has(new URL(request.url).pathname)) throw new TypeError('Failed to fetch');
      return answer(request);
    };
    await finish();
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'incomplete', failed: refused.size }]);
  });
});
