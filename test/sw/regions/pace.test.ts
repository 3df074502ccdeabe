import { describe, expect, it } from 'vitest';
import { regions } from '../../../sw/regions';
import { createPace } from '../../../sw/regions/pace';
import { createRegionWorld, SMALL, urlsOf } from './world';

/** A clock that goes only as far as somebody waits. */
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

describe('so many requests a second', () => {
  it('are spread evenly, for each host on its own', async () => {
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

  it('are asked at once after a clock was set back', async () => {
    const time = clock();
    time.set(1e12);
    const pace = createPace(1, time);
    await pace('https://a/x');
    time.set(1000);
    await pace('https://a/x');
  });

  it('hold for a region, and its sample', async () => {
    const world = createRegionWorld();
    const times: number[] = [];
    const answer = world.answer;
    world.answer = (request) => {
      times.push(world.clock.now);
      return answer(request);
    };
    // Whoever waits for the pace has the time go by; limits of time never come.
    world.worker = world.start(
      { layers: { roads: { maxAge: 60 } }, regions: regions({ requestsPerSecond: 1000 / 150 }) },
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
    await world.ask({ action: 'save', spec: { ...SMALL, zooms: [5, 8] } });
    await world.finish();
    const count = urlsOf({ ...SMALL, zooms: [5, 8] }).length;
    expect(times).toHaveLength(count);
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(150 * (count - 1));
  });

  it.each([0, 0.4, 1001, Number.NaN, '5'])('are refused: %s', (requestsPerSecond) => {
    expect(() => regions({ requestsPerSecond: requestsPerSecond as number })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'regions.requestsPerSecond' }) as Error,
    );
  });
});
