import { expect, it } from 'vitest';
import { createReachability } from '../../../src/client/reachability';
import type { ClientEvents } from '../../../src/page/types';

const START = Date.UTC(2026, 4, 4);
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

function setUp(wall = START) {
  const at = { wall, steady: 500 };
  const listeners = new Map<string, (detail: never) => void>();
  const env = { now: () => at.wall, monotonic: () => at.steady, onLine: () => true };
  const [facts, confirmed] = createReachability(env, ((name: string, listener: (detail: never) => void) => {
    listeners.set(name, listener);
    return () => {};
  }) as never);
  const check = (outcome: ClientEvents['versioncheck']) => listeners.get('versioncheck')!(outcome as never);
  const go = (wall: number, steady = wall) => {
    at.wall += wall;
    at.steady += steady;
  };
  /** Milliseconds since the last good check. */
  const since = () => at.wall - facts().checkedAt!;
  return { check, confirmed, facts, go, since, now: () => at.wall };
}

it.each<[string, number, number, number]>([
  ['time goes by', 2 * MINUTE, 2 * MINUTE, 2 * MINUTE],
  ['the clock drifts', MINUTE + 700, MINUTE, MINUTE + 700],
  ['the clock is set back by a day', -DAY, 2 * MINUTE, 2 * MINUTE],
  ['the clock is set ahead by 400 days', 400 * DAY, 2 * MINUTE, 2 * MINUTE],
  ['the device sleeps for a night', 8 * 60 * MINUTE, MINUTE, 8 * 60 * MINUTE],
])('a check is as long ago as it is: %s', (_, wall, steady, expected) => {
  const { check, go, since, now } = setUp();
  check({ ok: true, checkedAt: now() });
  go(wall, steady);
  expect(since()).toBe(expected);
});

it('a check under the clock of 1970 is minutes old once the clock is right', () => {
  const { check, facts, go, since, now } = setUp(3 * MINUTE);
  expect(facts().checkedAt).toBeUndefined();
  check({ ok: true, checkedAt: now() - 5000 });
  go(START, 2 * MINUTE);
  expect(since()).toBe(2 * MINUTE + 5000);
  check({ ok: true, checkedAt: now() });
  expect(since()).toBe(0);
});

it('what an earlier page knew stays as old as it was', () => {
  const { confirmed, go, since, now } = setUp();
  confirmed(now() - DAY);
  go(-DAY, MINUTE);
  expect(since()).toBe(DAY + MINUTE);
});
