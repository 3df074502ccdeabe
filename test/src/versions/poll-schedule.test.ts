import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDue, nextDelay } from '../../../src/versions/poll-schedule';

const interval = fc.integer({ min: 1000, max: 86_400_000 });
const random = fc.double({ min: 0, max: 1, noNaN: true });

describe('the next check', () => {
  it('comes after the interval, plus or minus a tenth', () => {
    expect([0, 0.5, 1].map((r) => nextDelay(60_000, 0, r))).toEqual([54_000, 60_000, 66_000]);
  });

  it('comes later after each failure, up to ten intervals', () => {
    expect([1, 2, 3, 4, 5, 50].map((n) => nextDelay(10_000, n, 1))).toEqual([
      20_000, 40_000, 80_000, 100_000, 100_000, 100_000,
    ]);
  });

  it('comes within 15 minutes, unless the interval is longer', () => {
    expect(nextDelay(300_000, 9, 1)).toBe(900_000);
    expect(nextDelay(3_600_000, 9, 1)).toBe(3_600_000);
  });

  it('never comes much sooner than the interval, and always comes', () => {
    fc.assert(
      fc.property(interval, fc.nat(2000), random, (ms, failures, r) => {
        const delay = nextDelay(ms, failures, r);
        return delay >= ms * 0.9 && delay <= Math.max(ms * 1.1, Math.min(ms * 10, Math.max(ms, 900_000)));
      }),
    );
  });
});

describe('due', () => {
  it('is a check of that age', () => {
    expect([999, 1000].map((age) => isDue(50_000 + age, 50_000, 1000))).toEqual([false, true]);
  });

  it('is a missing check, or one in the future', () => {
    expect(isDue(0, -Infinity, 1000)).toBe(true);
    expect(isDue(10_000, 10_001, 1000)).toBe(true);
  });
});
