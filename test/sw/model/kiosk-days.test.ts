// Days, or years, of a sign that nobody touches: the real worker over an origin, a network, a clock and storage that break.
// `KIOSK_DAYS` plays so many days, `KIOSK_SEED` replays those of a run that was red.
import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { type Days, playDays } from './kiosk-days';
import { NAMES } from './kiosk-faults';
import type { Growth } from './kiosk-world';

const LONG = process.env['KIOSK_DAYS'];
const SEED = process.env['KIOSK_SEED'];
/** The same days at every run: a red one says something of the change. */
const seed = SEED === undefined ? 20_261_126 : Number(SEED);
const HOURS = 6 * 3_600_000;

/** The fixed line: no more of anything after a thousand days than after ten. */
const LINE: Growth = {
  // 40 tiles of the sign and 120 of other maps; and what a broken index could not know of, until it is adopted.
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

/** What is over the line. */
const over = (most: Growth, line = LINE) =>
  (Object.keys(line) as (keyof Growth)[]).filter((key) => most[key] > line[key]).map((key) => `${key}: ${most[key]}`);

function holds({ problems, most, slowest, hits }: Days, played: number): void {
  const replay = `KIOSK_DAYS=${played} KIOSK_SEED=${seed} npx vitest run --project unit test/sw/model/kiosk-days.test.ts`;
  expect(problems, replay).toEqual([]);
  expect(over(most), replay).toEqual([]);
  expect(slowest.after, `${slowest.fault}: ${replay}`).toBeLessThanOrEqual(30_000);
  // A sign on which nothing is ever stored proves nothing.
  expect(hits).toBeGreaterThan(played);
}

describe('P1 to P12 on a sign, day by day', () => {
  it.runIf(LONG !== undefined)(`${LONG ?? 'So many'} days`, { timeout: HOURS }, async () => {
    const played = Number(LONG);
    let said = 0;
    const told = (day: number, { most, slowest, problems }: Days) => {
      for (const problem of problems.slice(said)) process.stderr.write(`${problem}\n`);
      said = problems.length;
      if (day % 10 === 0) process.stderr.write(`day ${day}: ${JSON.stringify({ most, slowest })}\n`);
    };
    // `KIOSK_ON`: goes on after the first problem, up to 200.
    const days = await playDays({ days: played, seed, told, strict: !process.env['KIOSK_ON'] });
    process.stderr.write(`${JSON.stringify({ seed, played, ...days })}\n`);
    holds(days, played);
    if (played >= 500) expect(NAMES.filter((name) => !days.seen[name].changed)).toEqual([]);
  });

  it.skipIf(LONG)('each kind of fault in its turn, and each of them bites', { timeout: HOURS }, async () => {
    const days = await playDays({ days: NAMES.length, seed: 7, only: NAMES });
    holds(days, NAMES.length);
    expect(days.pinned.asked).toBeGreaterThan(2 * NAMES.length);
    expect(days.pinned.editions).toBeGreaterThan(5);
    expect(NAMES.filter((name) => !days.seen[name].changed)).toEqual([]);
  });

  it.skipIf(LONG)('six days, with some faults at once', { timeout: HOURS }, async () => {
    holds(await playDays({ days: 6, seed }), 6);
  });

  it.skipIf(LONG)(
    'days without a network, on which what is said to be covered is answered',
    { timeout: HOURS },
    async () => {
      const days = await playDays({ days: 5, seed: 3, only: ['network gone', 'profile wiped'] });
      holds(days, 5);
      expect(days.covered.true).toBeGreaterThan(10);
    },
  );

  it.skipIf(LONG)('a worker that never evicts is found out', { timeout: HOURS }, async () => {
    const days = { days: 2, seed: 7, only: ['a crowd of other maps'] as const };
    // With a sound index all the time.
    const line = { ...LINE, entries: 250, rows: 300 };
    expect(over((await playDays(days)).most, line)).toEqual([]);
    expect(over((await playDays({ ...days, sabotage: 'never evicts' })).most, line).join()).toContain('entries');
  });

  it.skipIf(LONG)('a worker that acks a purge and does nothing is found out', { timeout: HOURS }, async () => {
    const { problems } = await playDays({ days: 9, seed: 7, only: ['another tab'], sabotage: 'acks and does nothing' });
    expect(problems.join()).toMatch(/^P1: shown/);
  });
});
