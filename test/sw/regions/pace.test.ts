import { describe, expect, it } from 'vitest';
import type { TileCacheOptions } from '../../../sw/options';
import { pmtiles } from '../../../sw/pmtiles';
import { regions } from '../../../sw/regions';
import { archiveOf, createArchiveHost, pyramid } from '../archives/archive-host';
import { createPace } from '../../../sw/regions/pace';
import { createRegionWorld, SMALL, urlsOf } from './world';

/** A clock that advances only when somebody waits. */
function clock() {
  let time = 1000;
  const waits: Array<{ at: number; end: () => void }> = [];
  return {
    now: () => time,
    set: (to: number) => void (time = to),
    sleep: (ms: number) => new Promise<void>((end) => void waits.push({ at: time + ms, end })),
    async pass(ms: number) {
      time += ms;
      for (const wait of waits.splice(0)) {
        if (wait.at <= time) wait.end();
        else waits.push(wait);
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('requestsPerSecond', () => {
  it('spreads requests evenly, separately for each host', async () => {
    const time = clock();
    const pace = createPace(4, time);
    const asked: string[] = [];
    const ask = (host: string) => void pace(`https://${host}/x`).then(() => asked.push(host));
    for (const host of ['a', 'a', 'a', 'b']) ask(host);
    await time.pass(0);
    expect(asked).toEqual(['a', 'b']);
    await time.pass(249);
    expect(asked).toHaveLength(2);
    await time.pass(1);
    expect(asked).toEqual(['a', 'b', 'a']);
    await time.pass(250);
    expect(asked).toHaveLength(4);
  });

  it('causes no wait after the clock was set back', async () => {
    const time = clock();
    time.set(1e12);
    const pace = createPace(1, time);
    await pace('https://a/x');
    time.set(1000);
    await pace('https://a/x');
  });

  /** A world whose worker sends a request each 150 ms, with the times of its requests. */
  const paced = (options: TileCacheOptions = { layers: { roads: { maxAge: 60 } } }) => {
    const world = createRegionWorld();
    const times: number[] = [];
    const asked = (answer: typeof world.answer) => {
      world.answer = (request) => {
        times.push(world.clock.now);
        return answer(request);
      };
    };
    asked(world.answer);
    // Waiting for the pace advances the clock. Timeouts never expire.
    world.worker = world.start(
      { ...options, regions: regions({ requestsPerSecond: 1000 / 150 }) },
      {
        estimate: async () => ({ usage: 0, quota: 1e9 }),
        setTimeout: (callback, ms) => {
          if (ms >= 1000) return undefined;
          return setImmediate(() => {
            world.clock.now += ms;
            callback();
          });
        },
      },
    );
    return { world, times, asked };
  };

  it('applies to a region and its sample', async () => {
    const { world, times } = paced();
    await world.ask({ action: 'save', spec: { ...SMALL, zooms: [5, 8] } });
    await world.finish();
    const count = urlsOf({ ...SMALL, zooms: [5, 8] }).length;
    expect(times).toHaveLength(count);
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(150 * (count - 1));
  });

  it('does not delay commands of a page', async () => {
    const world = createRegionWorld();
    // The second turn never comes.
    world.worker = world.start(
      { layers: { roads: { maxAge: 60 } }, regions: regions({ requestsPerSecond: 0.5 }) },
      {
        estimate: async () => ({ usage: 0, quota: 1e9 }),
        setTimeout: (callback, ms) => (ms > 500 ? undefined : setImmediate(callback)),
      },
    );
    const saving = world.ask({ action: 'save', spec: SMALL });
    while (world.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await world.ask({ action: 'pause', region: 'small' })).toMatchObject({ state: 'paused' });
    await saving;
    await world.ask({ action: 'resume', region: 'small' });
    const driving = world.ask({ action: 'drive', metered: false, online: true });
    for (let i = 0; i < 50; i += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(await world.ask({ action: 'pause', region: 'small' })).toMatchObject({ state: 'paused' });
    await driving;
    expect(world.asked).toHaveLength(1);
  });

  it('counts requests to the host of an archive, each of which brings many tiles', async () => {
    const { world, times, asked } = paced({ layers: { roads: { archive: '/roads.pmtiles' } }, archives: pmtiles() });
    const tiles = pyramid('one', 5);
    asked(createArchiveHost(await archiveOf(tiles, { tileType: 'unknown' })).answer);
    await world.ask({ action: 'save', spec: { ...SMALL, bounds: [-180, -85.06, 180, 85.06], zooms: [0, 5] } });
    expect(await world.finish()).toMatchObject([{ state: 'complete', tiles: tiles.length, failed: 0 }]);
    expect(times.length).toBeLessThan(tiles.length / 3);
    // The first request is for the beginning of the archive.
    const between = times.slice(2).map((time, i) => time - times[i + 1]!);
    expect(Math.min(...between)).toBeGreaterThanOrEqual(149);
  });

  it.each([0, 0.4, 1001, Number.NaN, '5'])('is refused: %s', (requestsPerSecond) => {
    expect(() => regions({ requestsPerSecond: requestsPerSecond as number })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'regions.requestsPerSecond' }) as Error,
    );
  });
});
