import { beforeEach, describe, expect, it } from 'vitest';
import { createLimiter, Dropped, type QueuedTask, type Limiter, YIELD_MS } from '../../../sw/origin/limiter';
import { fakeTimers, settle, type FakeTimers } from '../fakes/timers';

const VIEW = 0;
const UNTOLD = 1;
const BEHIND = 2;

describe('the limiter', () => {
  let clock: FakeTimers;
  let limiter: Limiter;
  let started: string[];
  let ended: Map<string, () => void>;
  beforeEach(() => {
    clock = fakeTimers();
    limiter = createLimiter(clock);
    started = [];
    ended = new Map();
  });

  /** A task that ends when the test calls `end`, or when it is preempted. */
  const run = (
    name: string,
    urgency: number | (() => number | undefined),
    slots = 2,
    more: Partial<QueuedTask<string>> = {},
  ) => {
    const result = limiter.run<string>('roads', slots, {
      urgency: typeof urgency === 'function' ? urgency : () => urgency,
      task: () =>
        new Promise((resolve) => {
          started.push(name);
          ended.set(name, () => resolve(name));
        }),
      giveWay: () => ended.get(name)!(),
      ...more,
    });
    result.catch(() => {});
    return result;
  };
  const end = async (name: string) => {
    ended.get(name)!();
    await settle(3);
  };

  it('fills its slots, first with tasks in the view in their order, then with the newest ones', async () => {
    for (const name of ['a', 'b', 'c', 'd']) run(name, UNTOLD, 1);
    run('seen 1', VIEW, 1);
    run('seen 2', VIEW, 1);
    expect(started).toEqual(['a']);
    for (const name of ['a', 'seen 1', 'seen 2', 'd', 'c']) await end(name);
    expect(started).toEqual(['a', 'seen 1', 'seen 2', 'd', 'c', 'b']);
  });

  it('frees one slot per failure, not the whole queue', async () => {
    const failing = Array.from({ length: 12 }, (_, i) =>
      run(`${i}`, UNTOLD, 4, {
        task: async () => {
          started.push(`${i}`);
          await new Promise((_, reject) => clock.setTimeout(() => reject(new Error('time-out')), 1000 + i));
          return '';
        },
      }),
    );
    expect(started).toHaveLength(4);
    await clock.pass(1000);
    expect(started).toHaveLength(5);
    await clock.pass(30_000);
    expect(started).toHaveLength(12);
    expect((await Promise.allSettled(failing)).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('holds a slot until the body was read', async () => {
    let over: () => void = () => {};
    run('a', UNTOLD, 1, { until: new Promise<void>((resolve) => (over = resolve)) });
    run('b', UNTOLD, 1);
    await end('a');
    expect(started).toEqual(['a']);
    over();
    await settle(3);
    expect(started).toEqual(['a', 'b']);
  });

  it('reserves half of the slots for requests that a map waits for', async () => {
    for (let i = 0; i < 8; i += 1) run(`behind ${i}`, BEHIND, 4);
    expect(started).toHaveLength(2);
    run('seen', VIEW, 4);
    expect(started.at(-1)).toBe('seen');
  });

  it('immediately drops requests that nobody wants any more, and aborted ones in the queue', async () => {
    run('busy', UNTOLD, 1);
    let wanted: number | undefined = BEHIND;
    const unwanted = run('unwanted', () => wanted, 1);
    const controller = new AbortController();
    const left = run('left', UNTOLD, 1, { signal: controller.signal });
    controller.abort();
    await expect(left).rejects.toBeInstanceOf(Dropped);
    wanted = undefined;
    await end('busy');
    await expect(unwanted).rejects.toBeInstanceOf(Dropped);
    expect(started).toEqual(['busy']);
  });

  it('preempts hanging background work for requests that a map waits for, the oldest first', async () => {
    let waitedFor = UNTOLD;
    // Pages waited for these when they began, and have been answered from the store since.
    run('hangs 1', () => waitedFor);
    run('hangs 2', () => waitedFor);
    waitedFor = BEHIND;
    run('new', UNTOLD);
    await clock.pass(YIELD_MS - 1);
    expect(started).not.toContain('new');
    await clock.pass(1);
    expect(started).toEqual(['hangs 1', 'hangs 2', 'new']);
  });

  it('restarts hanging background work one at a time, so that a slow origin loses only one answer', async () => {
    let waitedFor = UNTOLD;
    for (const name of ['1', '2', '3', '4']) run(name, () => waitedFor, 4);
    waitedFor = BEHIND;
    run('next', BEHIND, 4);
    run('after', BEHIND, 4);
    await clock.pass(YIELD_MS);
    await clock.pass(0);
    expect(started).toHaveLength(4);
    for (const name of ['2', '3']) await end(name);
    expect(started).toContain('next');
  });

  it('never preempts a request that a page waits for', async () => {
    run('slow 1', UNTOLD);
    run('slow 2', UNTOLD);
    run('new', VIEW);
    await clock.pass(600_000);
    expect(started).toEqual(['slow 1', 'slow 2']);
  });

  it('never delays one layer because of another', async () => {
    run('busy', UNTOLD, 1);
    const other = limiter.run('rivers', 1, { urgency: () => UNTOLD, task: async () => 'done' });
    await expect(other).resolves.toBe('done');
  });
});
