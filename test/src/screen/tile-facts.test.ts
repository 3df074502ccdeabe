import { describe, expect, it } from 'vitest';
import { markOf, secondsSince } from '../../../src/screen/elapsed';
import { factsOf, recordUse, recordValidation } from '../../../src/screen/tile-facts';
import type { TileUse } from '../../../src/shared/tile-use';

function clocks(start = Date.UTC(2026, 4, 4)) {
  const at = { wall: start, steady: 500 };
  return {
    now: () => at.wall,
    monotonic: () => at.steady,
    go: (seconds: number, steady = seconds) => {
      at.wall += seconds * 1000;
      at.steady += steady * 1000;
    },
  };
}
const DAY = 86400;
const use = (rest: Partial<TileUse>): TileUse => ({
  layer: 'a',
  status: 'hit',
  age: 5,
  duration: 1,
  code: 200,
  ...rest,
});

describe('seconds since', () => {
  it.each<[string, number, number, number]>([
    ['time goes by', 60, 60, 60],
    ['the clock goes back half an hour', -1800, 10, 10],
    ['the clock goes back 55 years', -55 * 365 * DAY, 10, 10],
    ['the device sleeps for a night', 8 * 3600, 10, 8 * 3600],
    ['the clock goes ahead 400 days', 400 * DAY, 10, 10],
  ])('%s', (_, wall, steady, expected) => {
    const clock = clocks();
    const mark = markOf(clock);
    clock.go(wall, steady);
    expect(secondsSince(mark, clock)).toBe(expected);
  });

  it('a clock that begins in 1970 and is set right does not count the years between', () => {
    const clock = clocks(60_000);
    const mark = markOf(clock);
    clock.go(20782 * DAY, 7);
    expect(secondsSince(mark, clock)).toBe(7);
  });
});

describe('the facts of a tile', () => {
  it('grow older and less fresh', () => {
    const clock = clocks();
    const record = recordUse(undefined, use({ ttl: 50 }), clock);
    clock.go(20);
    expect(factsOf(record, clock)).toEqual({ status: 'hit', age: 25, ttl: 30, since: 20 });
  });

  it('are a hole if nothing arrived, and the earlier ones if something had', () => {
    const clock = clocks();
    const hole = recordUse(undefined, use({ status: 'error' }), clock);
    expect(factsOf(hole, clock)).toMatchObject({ missing: true, failed: true, age: undefined });
    expect(factsOf(recordUse(hole, use({ status: 'error' }), clock), clock)).toMatchObject({ missing: true });
    const before = recordUse(hole, use({ version: '1' }), clock);
    clock.go(10);
    const after = factsOf(recordUse(before, use({ status: 'error' }), clock), clock);
    expect(after).toMatchObject({ failed: true, age: 15, version: '1' });
    expect(after.missing).toBeUndefined();
  });

  // The worker passes these to the page and may keep them for a minute: no map draws them.
  it.each([400, 401, 402, 403, 405, 407, 418, 429, 451, 500, 501, 505, 530])(
    'are a hole if the map got a status %i in place of the tile',
    (code) => {
      const clock = clocks();
      for (const status of ['miss', 'hit'] as const) {
        const hole = recordUse(undefined, use({ status, code, age: 0, ttl: 60 }), clock);
        expect(factsOf(hole, clock)).toEqual({
          ...{ status: 'error', age: undefined, failed: true, missing: true, since: 0 },
        });
      }
      const shown = recordUse(undefined, use({ version: '1' }), clock);
      expect(factsOf(recordUse(shown, use({ status: 'miss', code, age: 0 }), clock), clock)).toMatchObject({
        ...{ status: 'error', failed: true, age: 5, version: '1' },
      });
    },
  );

  it.each([200, 204, 206, 404, 410])(
    'are no hole if the origin sends the tile, or says that there is none: %i',
    (code) => {
      const clock = clocks();
      const facts = factsOf(recordUse(undefined, use({ status: 'miss', code, age: 0, ttl: 60 }), clock), clock);
      expect(facts).toEqual({ status: 'miss', age: 0, ttl: 60, since: 0 });
    },
  );

  it('are proven by a background validation, and doubtful after a failed one', () => {
    const clock = clocks();
    const stale = recordUse(undefined, use({ status: 'stale', age: 900, version: '1' }), clock);
    expect(factsOf(recordValidation(stale, { status: 'stale', failed: false }, clock), clock)).toMatchObject({
      status: 'revalidated',
      age: 0,
      version: '1',
    });
    expect(factsOf(recordValidation(stale, { status: 'stale', failed: true }, clock), clock)).toMatchObject({
      failed: true,
      age: 900,
    });
  });

  // The worker counts a streamed answer before its body has come: an app's own page, in place of a tile.
  it('is a hole where the body that the map got turned out to be no tile', () => {
    const clock = clocks();
    const streamed = recordUse(undefined, use({ status: 'miss', age: 0, ttl: 60 }), clock);
    const hole = recordValidation(streamed, { status: 'miss', failed: true }, clock);
    expect(factsOf(hole, clock)).toMatchObject({ missing: true, failed: true, age: undefined });
    expect(recordUse(hole, use({ status: 'miss', age: 0 }), clock).missing).toBeUndefined();
  });

  it('have the age, freshness and version of a background validation', () => {
    const clock = clocks();
    const stale = recordUse(undefined, use({ status: 'stale', age: 900, version: '1', bytes: 7 }), clock);
    const told = { status: 'stale' as const, failed: false, age: 30, ttl: 3570, version: '2' };
    expect(factsOf(recordValidation(stale, told, clock), clock)).toMatchObject({
      ...{ status: 'revalidated', age: 30, ttl: 3570, version: '2', bytes: 7 },
    });
    expect(recordValidation(stale, { ...told, ageUnknown: true }, clock).age).toBeUndefined();
  });

  it('have no age if the worker does not know it', () =>
    expect(recordUse(undefined, use({ ageUnknown: true }), clocks()).age).toBeUndefined());
});
