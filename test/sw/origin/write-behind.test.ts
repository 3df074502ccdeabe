import { beforeEach, describe, expect, it } from 'vitest';
import { createWriteBehind, HELD_BYTES, HELD_MS, type WriteBehind } from '../../../sw/origin/write-behind';
import { type FakeTimers, fakeTimers, settle } from '../fakes/timers';

const never = new Promise<void>(() => {});

describe('deferred writes', () => {
  let clock: FakeTimers;
  let behind: WriteBehind;
  let begun: number[];
  let ends: Array<() => void>;
  beforeEach(() => {
    clock = fakeTimers();
    behind = createWriteBehind(clock);
    begun = [];
    ends = [];
  });

  /** A write that ends when the test ends it. */
  const write = (id: number, bytes = 1000, asked: Promise<void> = never) =>
    behind.run(bytes, asked, () => {
      begun.push(id);
      return new Promise<number>((resolve) => ends.push(() => resolve(id)));
    });
  /** Begins a view with this many tiles for which pages wait. */
  const beginView = (count: number) => Array.from({ length: count }, () => behind.begin());
  const endAll = async () => {
    while (ends.length > 0) {
      ends.splice(0).forEach((end) => end());
      await settle(3);
    }
  };

  it('start at once while no page waits for a view, and resolve with the result of the write', async () => {
    const [odd] = beginView(3);
    const written = write(1);
    expect(begun).toEqual([1]);
    ends[0]!();
    expect(await written).toBe(1);
    odd!();
  });

  it('are held while a page waits for a view, and start in order when the last tiles have arrived', async () => {
    const tiles = beginView(20);
    for (let id = 0; id < 17; id += 1) {
      tiles[id]!();
      // The second call does not count.
      tiles[id]!();
      void write(id);
      if (id < 16) expect(begun).toEqual([]);
    }
    // Eight start at once, and then one for each that ends.
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    ends.shift()!();
    await settle(3);
    expect(begun).toHaveLength(9);
    await endAll();
    expect(begun).toEqual(Array.from({ length: 17 }, (_, id) => id));
  });

  it('are held no longer than two seconds, and then start two at a time while the page still waits', async () => {
    beginView(20);
    for (let id = 0; id < 5; id += 1) void write(id);
    await clock.pass(HELD_MS - 1);
    expect(begun).toEqual([]);
    await clock.pass(1);
    expect(begun).toEqual([0, 1]);
    await endAll();
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    // The next ones have their own two seconds.
    void write(5);
    await clock.pass(HELD_MS - 1);
    expect(begun).toHaveLength(5);
    await clock.pass(1);
    expect(begun).toHaveLength(6);
  });

  it('are held up to a number of bytes', async () => {
    beginView(20);
    void write(0, HELD_BYTES);
    expect(begun).toEqual([]);
    void write(1, 1);
    // The oldest write starts to make room for the others.
    expect(begun).toEqual([0]);
  });

  it('start at once on request, and only once', async () => {
    const tiles = beginView(20);
    let ask: () => void = () => {};
    void write(0);
    void write(1, 1000, new Promise((resolve) => (ask = resolve)));
    ask();
    await settle(3);
    expect(begun).toEqual([1]);
    tiles.forEach((end) => end());
    expect(begun).toEqual([1, 0]);
  });

  it('that fail do not affect the others', async () => {
    const failed = behind.run(1, never, () => Promise.reject(new Error('full')));
    await expect(failed).rejects.toThrow('full');
    const all = Array.from({ length: 9 }, (_, id) => write(id));
    await endAll();
    expect(await Promise.all(all)).toHaveLength(9);
  });
});
