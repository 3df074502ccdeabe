import { describe, expect, it } from 'vitest';
import { createRetries } from '../../../src/adapters/retry';
import { createSwapper } from '../../../src/adapters/swapper';
import { tileByTile } from '../../../src/adapters/turns';
import { createFakeClock, settle } from '../fake-clock';

/** Retries of an origin that is up or down, on a clock that the test moves. */
function setup() {
  const clock = createFakeClock();
  const start = clock.now();
  const runs: Array<{ key: string; at: number }> = [];
  const origin = { up: false, faulty: new Set<string>(), hangs: new Set<string>() };
  let hidden = false;
  const timers = { ...clock, hidden: () => hidden, random: () => 0 };
  const retries = createRetries((key) => {
    runs.push({ key, at: (clock.now() - start) / 1000 });
    if (origin.hangs.has(key)) return;
    void Promise.resolve().then(() => {
      if (!origin.up || origin.faulty.has(key)) return retries.failed(key);
      retries.drop(key);
      retries.answered();
    });
  }, timers);
  return { clock, retries, runs, origin, hide: (value: boolean) => (hidden = value) };
}

describe('createRetries', () => {
  it('asks a failing origin for one tile at a time, each in turn, at most every three seconds', async () => {
    const { clock, retries, runs } = setup();
    for (const key of ['a', 'b', 'c']) retries.failed(key);
    await clock.advance(20_000);
    expect(runs.map(({ at }) => at)).toEqual([1, 3, 6, 9, 12, 15, 18]);
    expect(runs.map(({ key }) => key).join('')).toBe('abcabca');
  });

  it('requests everything within five seconds of the origin’s recovery, however long the outage', async () => {
    for (const outage of [500, 10_000, 3_600_000, 86_400_000]) {
      const { clock, retries, runs, origin } = setup();
      for (let i = 0; i < 40; i++) retries.failed(`tile ${i}`);
      await clock.advance(outage);
      runs.length = 0;
      origin.up = true;
      await clock.advance(3000);
      expect(runs).toHaveLength(40);
      await clock.advance(60_000);
      expect(runs).toHaveLength(40);
      expect(clock.pending()).toBe(0);
    }
  });

  it('waits as long as the origin asks, five minutes at most, whatever else it answers', async () => {
    for (const [wait, expected] of [
      [60_000, 60],
      [86_400_000, 300],
      [0, 1],
    ] as const) {
      const { clock, retries, runs, origin } = setup();
      for (const key of ['a', 'b', 'c']) retries.failed(key, wait);
      origin.up = true;
      await clock.advance(expected * 1000 - 500);
      if (wait) retries.answered();
      await settle();
      expect(runs).toEqual([]);
      await clock.advance(4000);
      expect(runs).toHaveLength(3);
    }
  });

  it('the network’s return overrides the wait that the origin asked for', async () => {
    const { retries, runs, origin } = setup();
    retries.failed('a', 60_000);
    origin.up = true;
    retries.all();
    await settle();
    expect(runs).toHaveLength(1);
  });

  it('requests everything at once after any answer of the layer', async () => {
    const { clock, retries, runs, origin } = setup();
    for (const key of ['a', 'b', 'c']) retries.failed(key);
    origin.up = true;
    retries.answered();
    await settle();
    expect(runs.map(({ at }) => at)).toEqual([0, 0, 0]);
    expect(clock.pending()).toBe(0);
  });

  it('does not request a tile that fails on its own at every answer of the layer', async () => {
    const { clock, retries, runs, origin } = setup();
    origin.up = true;
    origin.faulty.add('a');
    retries.failed('a');
    for (let i = 0; i < 600; i++) {
      retries.answered();
      await clock.advance(100);
    }
    // In 60 seconds: the tile's turns, and retries after 1, 2, 4 … seconds.
    expect(runs.length).toBeLessThan(30);
    await clock.advance(300_000);
    runs.length = 0;
    await clock.advance(300_000);
    expect(runs.length).toBeLessThanOrEqual(11);
    expect(runs.length).toBeGreaterThan(8);
  });

  it('continues with other tiles if one hangs', async () => {
    const { clock, retries, runs, origin } = setup();
    origin.hangs.add('a');
    for (const key of ['a', 'b']) retries.failed(key);
    origin.up = true;
    await clock.advance(4000);
    expect(runs.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('requests nothing while the page is hidden', async () => {
    const { clock, retries, runs, hide } = setup();
    hide(true);
    retries.failed('a');
    retries.answered();
    await clock.advance(60_000);
    expect(runs).toEqual([]);
    hide(false);
    retries.all();
    expect(runs).toHaveLength(1);
    await clock.advance(5000);
    expect(runs.length).toBeGreaterThan(1);
  });

  it('leaves no timer', async () => {
    const { clock, retries } = setup();
    retries.failed('a');
    retries.failed('b');
    retries.drop('a');
    expect(clock.pending()).toBe(1);
    retries.drop('b');
    expect(clock.pending()).toBe(0);
    retries.failed('a');
    retries.close();
    expect(clock.pending()).toBe(0);
  });
});

describe('failed tiles on the screen', () => {
  const swapperOf = (outcome: (key: string) => Promise<'gone' | void>) => {
    const clock = createFakeClock();
    const runs: string[] = [];
    const swapper = createSwapper(
      (key) => {
        runs.push(key);
        return outcome(key);
      },
      tileByTile,
      { ...clock, hidden: () => false, random: () => 0 },
    );
    return { clock, runs, swapper };
  };

  it('are requested until they arrive, and are no update', async () => {
    let up = false;
    const { clock, runs, swapper } = swapperOf(() => (up ? Promise.resolve() : Promise.reject(new Error('503'))));
    swapper.missing(['a', 'b']);
    expect(swapper.pending).toBe(0);
    await clock.advance(10_000);
    expect(runs).toEqual(['a', 'b', 'a', 'b']);
    up = true;
    swapper.answered();
    await settle();
    expect(runs.slice(4).sort()).toEqual(['a', 'b']);
    swapper.missing([]);
    expect(clock.pending()).toBe(0);
  });

  it('are forgotten when they leave the screen', async () => {
    const { clock, runs, swapper } = swapperOf(() => Promise.reject(new Error('503')));
    swapper.missing(['a', 'b']);
    swapper.missing(['b']);
    await clock.advance(10_000);
    expect(new Set(runs)).toEqual(new Set(['b']));
    swapper.missing([]);
    expect(clock.pending()).toBe(0);
  });

  it('are not requested if the origin has no such tile, until it changes', async () => {
    const { clock, runs, swapper } = swapperOf(() => Promise.resolve('gone'));
    swapper.missing(['a']);
    await clock.advance(2000);
    expect(runs).toEqual(['a']);
    swapper.missing(['a']);
    await clock.advance(60_000);
    expect(runs).toEqual(['a']);
    swapper.swap('a');
    expect(runs).toEqual(['a', 'a']);
  });
});
