import { describe, expect, it } from 'vitest';
import { createSwapper } from '../../../src/adapters/swapper';
import { tileByTile } from '../../../src/adapters/turns';

function setup() {
  const runs: Array<{ key: string; signal: AbortSignal; done(): void; fail(): void }> = [];
  const timers = new Map<number, { run: () => void; in: number }>();
  let id = 0;
  const swapper = createSwapper(
    (key, signal) =>
      new Promise<void>((resolve, reject) =>
        runs.push({ key, signal, done: resolve, fail: () => reject(new Error('no')) }),
      ),
    tileByTile,
    {
      setTimeout: (run, milliseconds) => (timers.set(++id, { run, in: milliseconds }), id),
      clearTimeout: (timer) => void timers.delete(timer as number),
      random: () => 0,
    },
  );
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const tick = () => {
    const due = [...timers.values()];
    timers.clear();
    for (const { run } of due) run();
    return due.map((timer) => timer.in);
  };
  return { swapper, runs, timers, settle, tick };
}

describe('createSwapper', () => {
  it('is done once the exchange is', async () => {
    const { swapper, runs, settle } = setup();
    swapper.swap('a');
    expect(swapper.pending).toBe(1);
    runs[0]!.done();
    await settle();
    expect(swapper.pending).toBe(0);
  });

  it('starts over if the tile changes during its exchange, and ignores the first exchange', async () => {
    const { swapper, runs, settle } = setup();
    swapper.swap('a');
    swapper.swap('a');
    expect(runs[0]!.signal.aborted).toBe(true);
    runs[0]!.done();
    await settle();
    expect(swapper.pending).toBe(1);
    runs[1]!.done();
    await settle();
    expect(swapper.pending).toBe(0);
  });

  it('repeats failures with growing pauses, short enough for a map to be complete within five seconds', async () => {
    const { swapper, runs, settle, tick } = setup();
    swapper.swap('a');
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      runs[i]!.fail();
      await settle();
      pauses.push(...tick());
    }
    expect(pauses).toEqual([1000, 2000, 3000, 3000, 3000, 3000, 3000, 3000]);
  });

  it('repeats a waiting exchange at once on request', async () => {
    const { swapper, runs, timers, settle } = setup();
    swapper.swap('a');
    swapper.swap('b');
    runs[0]!.fail();
    await settle();
    swapper.retry();
    expect(runs.map(({ key }) => key)).toEqual(['a', 'b', 'a']);
    expect(timers.size).toBe(0);
    expect(runs[1]!.signal.aborted).toBe(false);
  });

  it('leaves no timer and no exchange', async () => {
    const { swapper, runs, timers, settle } = setup();
    swapper.swap('a');
    swapper.swap('b');
    runs[0]!.fail();
    await settle();
    swapper.close();
    expect(timers.size).toBe(0);
    expect(runs[1]!.signal.aborted).toBe(true);
    runs[1]!.fail();
    await settle();
    expect(timers.size).toBe(0);
    expect(swapper.pending).toBe(0);
  });
});
