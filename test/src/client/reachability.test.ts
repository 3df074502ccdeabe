import { describe, expect, it } from 'vitest';
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
  const tell = <E extends keyof ClientEvents>(event: E, detail: ClientEvents[E]) =>
    listeners.get(event)!(detail as never);
  const check = (outcome: ClientEvents['versioncheck']) => tell('versioncheck', outcome);
  const go = (wall: number, steady = wall) => {
    at.wall += wall;
    at.steady += steady;
  };
  /** Milliseconds since the last good check. */
  const since = () => at.wall - facts().checkedAt!;
  return { tell, check, confirmed, facts, go, since, now: () => at.wall };
}

it.each<[string, number, number, number]>([
  ['time goes by', 2 * MINUTE, 2 * MINUTE, 2 * MINUTE],
  ['the clock drifts', MINUTE + 700, MINUTE, MINUTE + 700],
  ['the clock is set back by a day', -DAY, 2 * MINUTE, 2 * MINUTE],
  ['the clock is set ahead by 400 days', 400 * DAY, 2 * MINUTE, 2 * MINUTE],
  ['the device sleeps for a night', 8 * 60 * MINUTE, MINUTE, 8 * 60 * MINUTE],
])('the time since a check is right: %s', (_, wall, steady, expected) => {
  const { check, go, since, now } = setUp();
  check({ ok: true, checkedAt: now() });
  go(wall, steady);
  expect(since()).toBe(expected);
});

it('a check made with a clock in 1970 is minutes old once the clock is right', () => {
  const { check, facts, go, since, now } = setUp(3 * MINUTE);
  expect(facts().checkedAt).toBeUndefined();
  check({ ok: true, checkedAt: now() - 5000 });
  go(START, 2 * MINUTE);
  expect(since()).toBe(2 * MINUTE + 5000);
  check({ ok: true, checkedAt: now() });
  expect(since()).toBe(0);
});

it('the check of an earlier page keeps its age', () => {
  const { confirmed, go, since, now } = setUp();
  confirmed(now() - DAY);
  go(-DAY, MINUTE);
  expect(since()).toBe(DAY + MINUTE);
});

describe('a worker that was offline, and was stopped before it could tell that it is no more', () => {
  const use = { layer: 'roads', tile: { z: 1, x: 0, y: 0 }, age: 1, duration: 1, code: 200 } as const;
  const validation = { layer: 'roads', status: 'stale', duration: 1 } as const;
  it.each<[string, boolean, (page: ReturnType<typeof setUp>) => void]>([
    ['a tile from the origin', false, ({ tell }) => tell('used', { uses: [{ ...use, status: 'miss' }] })],
    [
      'a tile that the origin confirmed',
      false,
      ({ tell }) => tell('used', { uses: [{ ...use, status: 'revalidated' }] }),
    ],
    [
      'a validation in the background',
      false,
      ({ tell }) => tell('used', { uses: [], validations: [{ ...validation, failed: false }] }),
    ],
    ['a check of the versions', false, ({ check, now }) => check({ ok: true, checkedAt: now() })],
    [
      'a stored tile, and a validation that failed',
      true,
      ({ tell }) =>
        tell('used', { uses: [{ ...use, status: 'stale' }], validations: [{ ...validation, failed: true }] }),
    ],
    ['an error', true, ({ tell }) => tell('used', { uses: [{ ...use, status: 'error' }] })],
  ])('after %s, offline is %s', (_, offline, happen) => {
    const page = setUp();
    page.tell('notice', { notice: 'offline', layer: 'roads' });
    expect(page.facts().offline).toBe(true);
    happen(page);
    expect(page.facts().offline).toBe(offline);
  });
});
