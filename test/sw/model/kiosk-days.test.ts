// Simulates days, or years, of an unattended sign: the real worker on an origin, a network, a clock and storage that break.
// `KIOSK_DAYS` is the number of days. `KIOSK_SEED` replays a failed run.
import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { type Days, playDays } from './kiosk-days';
import { NAMES } from './kiosk-faults';
import type { Growth } from './kiosk-world';

const LONG = process.env['KIOSK_DAYS'];
const SEED = process.env['KIOSK_SEED'];
/** Plays the same days in every run, so that a failure is due to the change under test. */
const seed = SEED === undefined ? 20_261_126 : Number(SEED);
const HOURS = 6 * 3_600_000;

/** Limits that hold after a thousand days as after ten. */
const LIMITS: Growth = {
  // 40 tiles of the sign, 120 of other maps, and tiles that a broken index does not know until it adopts them.
  entries: 1000,
  bytes: 2_000_000,
  caches: 16,
  rows: 1100,
  rules: 64,
  ids: 128,
  records: 3,
  map: 4096,
  timers: 64,
  inFlight: 16,
};

/** Returns what exceeds the limits. */
const exceeded = (most: Growth, limits = LIMITS) =>
  (Object.keys(limits) as (keyof Growth)[])
    .filter((key) => most[key] > limits[key])
    .map((key) => `${key}: ${most[key]}`);

function expectPromisesKept({ problems, most, slowest, hits }: Days, played: number): void {
  const replay = `KIOSK_DAYS=${played} KIOSK_SEED=${seed} npx vitest run --project unit test/sw/model/kiosk-days.test.ts`;
  expect(problems, replay).toEqual([]);
  expect(exceeded(most), replay).toEqual([]);
  expect(slowest.after, `${slowest.fault}: ${replay}`).toBeLessThanOrEqual(30_000);
  // A sign that never stores anything proves nothing.
  expect(hits).toBeGreaterThan(played);
}

describe('P1 to P12 on a sign, day by day', () => {
  it.runIf(LONG !== undefined)(`${LONG ?? 'many'} days`, { timeout: HOURS }, async () => {
    const played = Number(LONG);
    let said = 0;
    const told = (day: number, { most, slowest, problems }: Days) => {
      for (const problem of problems.slice(said)) process.stderr.write(`${problem}\n`);
      said = problems.length;
      if (day % 10 === 0) process.stderr.write(`day ${day}: ${JSON.stringify({ most, slowest })}\n`);
    };
    // `KIOSK_ON` continues after the first problem, up to 200.
    const days = await playDays({ days: played, seed, told, strict: !process.env['KIOSK_ON'] });
    process.stderr.write(`${JSON.stringify({ seed, played, ...days })}\n`);
    expectPromisesKept(days, played);
    if (played >= 500) expect(NAMES.filter((name) => !days.seen[name].changed)).toEqual([]);
  });

  it.skipIf(LONG)('plays each kind of fault in turn, and each of them has an effect', { timeout: HOURS }, async () => {
    const days = await playDays({ days: NAMES.length, seed: 7, only: NAMES });
    expectPromisesKept(days, NAMES.length);
    expect(days.pinned.asked).toBeGreaterThan(2 * NAMES.length);
    expect(days.pinned.editions).toBeGreaterThan(5);
    expect(NAMES.filter((name) => !days.seen[name].changed)).toEqual([]);
  });

  it.skipIf(LONG)('six days, with several faults at once', { timeout: HOURS }, async () => {
    expectPromisesKept(await playDays({ days: 6, seed }), 6);
  });

  it.skipIf(LONG)(
    'days without a network, on which exactly the covered tiles are answered',
    { timeout: HOURS },
    async () => {
      const days = await playDays({ days: 5, seed: 3, only: ['network gone', 'profile wiped'] });
      expectPromisesKept(days, 5);
      expect(days.covered.true).toBeGreaterThan(10);
    },
  );

  it.skipIf(LONG)('detects a worker that never evicts', { timeout: HOURS }, async () => {
    const days = { days: 2, seed: 7, only: ['a crowd of other maps'] as const };
    // In these days, the index is always intact.
    const limits = { ...LIMITS, entries: 250, rows: 300 };
    expect(exceeded((await playDays(days)).most, limits)).toEqual([]);
    expect(exceeded((await playDays({ ...days, sabotage: 'never evicts' })).most, limits).join()).toContain('entries');
  });

  it.skipIf(LONG)('detects a worker that acks a purge and does nothing', { timeout: HOURS }, async () => {
    const { problems } = await playDays({ days: 9, seed: 7, only: ['another tab'], sabotage: 'acks and does nothing' });
    expect(problems.join()).toMatch(/^P1: shown/);
  });
});
