// How long a slice of work lasts, and what it leaves to the next.
import { describe, expect, it } from 'vitest';
import type { RegionSpec } from '../../../src/shared/regions';
import type { TileCacheOptions } from '../../../sw/options';
import { regions } from '../../../sw/regions';
import { fakeTimers } from '../fakes/timers';
import { boundsOf, createRegionWorld, ROADS, type RegionWorld, SMALL, urlsOf } from './world';

const LARGE: RegionSpec = { id: 'large', layers: [ROADS], bounds: boundsOf(12, 2160, 1300, 16), zooms: [12, 12] };
const style = 'https://map.example/style.json';
const STYLED: TileCacheOptions = {
  layers: { roads: { maxAge: 60 }, assets: { template: ['/style.json', '/fonts/*', '/images/*'], maxAge: 60 } },
};

/** Drives to the end. Returns what each slice took by the clock. */
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

/** Each request takes so long. */
function slow(world: RegionWorld, ms: number): void {
  const { answer } = world;
  world.answer = (request) => {
    world.clock.now += ms;
    return answer(request);
  };
}

const json = (value: object) => Response.json(value, { headers: { 'cache-control': 'max-age=60' } });
const label = { id: 'a', type: 'symbol', source: 'x', layout: { 'text-field': 'a', 'text-font': ['A'] } };

describe('a slice is short', () => {
  it('while a style of a hundred ranges of glyphs is gathered', async () => {
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

  it('while the parts of a style are read again, each once', async () => {
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

  it('while a style is another one at each reading', async () => {
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

describe('the next slice goes on', () => {
  it.each([403, 500])('behind tiles that failed: %i', async (status) => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: LARGE });
    world.content = () => new Response('no', { status });
    slow(world, 300);
    const slices = await slicesOf(world);
    expect(Math.max(...slices)).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'incomplete' }]);
  });

  it('behind tiles that stay although the origin lacks them', async () => {
    const world = createRegionWorld();
    await world.ask({ action: 'save', spec: LARGE });
    await world.finish();
    world.clock.now += 86_400_000;
    world.content = () => new Response(null, { status: 404 });
    await world.ask({ action: 'update', region: 'large' });
    world.asked.length = 0;
    slow(world, 300);
    expect(Math.max(...(await slicesOf(world)))).toBeLessThan(20_000);
    expect(world.asked).toHaveLength(urlsOf(LARGE).length);
    expect(await world.offline(urlsOf(LARGE)[3]!)).toContain('one');
  });
});

describe('a host that hangs', () => {
  /** A world whose timers go with its clock, at a host that hangs while `hangs` says so. */
  const hanging = (concurrency = 16, requestsPerSecond?: number) => {
    const world = createRegionWorld();
    const timers = fakeTimers({ soon: 500, clock: world.clock });
    world.worker = world.start(
      {
        layers: { roads: { maxAge: 60, concurrency } },
        regions: regions(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
      },
      { ...timers, estimate: async () => ({ usage: 0, quota: 1e9 }) },
    );
    let hangs = (_path: string) => false;
    const { answer } = world;
    world.answer = (request) =>
      hangs(new URL(request.url).pathname)
        ? new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(new Error('aborted'))))
        : answer(request);
    /** Drives once, for as long as it takes. */
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
    return { world, timers, finish, hang: (when: typeof hangs) => (hangs = when) };
  };

  it('makes no slice longer, also where a map waits for the same tile', async () => {
    const { world, finish, hang } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    hang(() => true);
    const asked = world.asked.length;
    const slices = finish(12);
    void world.get(world.worker, urlsOf(LARGE)[1]!).catch(() => {});
    expect(Math.max(...(await slices))).toBeLessThan(20_000);
    expect(world.asked.length - asked).toBeLessThan(40);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'waiting', reason: 'offline' }]);
    hang(() => false);
    expect(Math.max(...(await finish()))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it('is not one whose tiles take 15 s each', async () => {
    const { world, timers, finish } = hanging();
    const { answer } = world;
    await world.ask({ action: 'save', spec: LARGE });
    world.answer = (request) =>
      new Promise((resolve) => timers.setTimeout(() => resolve(answer(request) as Response), 15_000));
    expect(Math.max(...(await finish()))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it('makes no slice longer where requests wait for their turns', async () => {
    const { world, timers, finish } = hanging(64, 1);
    const saving = world.ask({ action: 'save', spec: LARGE });
    await timers.pass(120_000);
    await saving;
    expect(Math.max(...(await finish()))).toBeLessThan(20_000);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'complete', failed: 0 }]);
  });

  it('for some tiles keeps none of the others away', async () => {
    const { world, finish, hang } = hanging();
    await world.ask({ action: 'save', spec: LARGE });
    const some = new Set(urlsOf(LARGE).filter((url) => /[37]$/.test(url)));
    hang((path) => some.has(path));
    await finish(60);
    const had = (await world.ask<{ tiles: number }[]>({ action: 'list' }))[0]!.tiles;
    expect(had).toBeGreaterThan(urlsOf(LARGE).length * 0.5);
  });
});
