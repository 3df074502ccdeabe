// An unattended sign recovers from every fault by itself: its map becomes complete and current again. Plays each fault once,
// then random ones until five minutes have passed. For long runs on an idle machine:
// KIOSK_MINUTES=60 plays an hour, including faults that take long; KIOSK_SEED=… draws other faults, or replays a failed run;
// KIOSK_ONLY='origin off|reload token' plays only these.
import { expect, test } from '@playwright/test';
import { seeded } from '../test/sw/fakes/seeded';
import { type Fault, FAULTS, LONG_FAULTS, wait } from './fixtures/kiosk-faults';
import { openSign, type Sign } from './fixtures/kiosk-sign';

const SEED = Number(process.env['KIOSK_SEED'] ?? 20_261_127);
const LONG = process.env['KIOSK_MINUTES'] !== undefined;
const MINUTES = Number(process.env['KIOSK_MINUTES'] ?? 5);
const ONLY = process.env['KIOSK_ONLY'];
/** Milliseconds within which the sign must recover after a fault. The sign's own clock runs faster: there it is minutes. */
const RECOVERS_WITHIN = LONG ? 150_000 : 90_000;

const WHOLE = { seen: '30 now, 0 before, 0 blank', worker: 'active', symptoms: [], region: 'complete' };

const replay = `KIOSK_SEED=${SEED}${LONG ? ` KIOSK_MINUTES=${MINUTES}` : ''}`;

test.setTimeout((10 + 2 * MINUTES) * 60_000);

/** Waits until the sign is in this state. */
const becomes = (sign: Sign, what: Record<string, unknown>, when: string) =>
  expect
    .poll(() => sign.state(), { message: `${when} (${replay})`, timeout: RECOVERS_WITHIN, intervals: [400] })
    .toEqual(expect.objectContaining(what));

/** Rejects with the name of a step that never ends. Without it, a page that hangs would not show which step that was. */
async function finishes<T>(step: string, work: T | Promise<T>): Promise<T> {
  const hung = wait(RECOVERS_WITHIN).then(() => Promise.reject(new Error(`${step} does not end (${replay})`)));
  return Promise.race([work, hung]);
}

/** Plays one fault until the sign has recovered. Returns a summary. */
async function playFault(sign: Sign, name: string, fault: Fault, random: () => number): Promise<string> {
  await becomes(sign, WHOLE, `before: ${name}`);
  await finishes(`forgiving before: ${name}`, sign.forgive());
  sign.origin.intercepted = 0;
  const began = Date.now();
  await finishes(`the begin of: ${name}`, fault.begin(sign, random));
  // Publish either during the fault or after it. The sign must show the new tiles in both cases.
  const published = random() < 0.5;
  if (published) sign.publish();
  if (fault.keeps) await becomes(sign, { seen: expect.stringMatching(/ 0 blank$/) }, `during: ${name}`);
  await finishes(`the check of: ${name}`, fault.check?.(sign));
  await wait(500 + random() * (LONG ? 15_000 : 2000));
  await finishes(`the end of: ${name}`, fault.end?.(sign));
  const ended = Date.now();
  if (!published) sign.publish();
  if (fault.noted)
    await expect.poll(() => sign.log(), { message: name, timeout: RECOVERS_WITHIN }).toMatch(fault.noted);
  await becomes(sign, WHOLE, `after: ${name}`);
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
  const log = await sign.log();
  return `${name}: lasted ${seconds(began, ended)} s, back after ${seconds(ended, Date.now())} s; ${log}`;
}

test('a sign recovers by itself from each fault', async () => {
  const random = seeded(SEED);
  const faults = { ...FAULTS, ...(LONG && LONG_FAULTS) };
  const names = Object.keys(faults).filter((name) => !ONLY || ONLY.split('|').includes(name));
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)]!;
  const left = new Set(names);
  const until = Date.now() + MINUTES * 60_000;
  const sign = await openSign();
  try {
    await becomes(sign, WHOLE, 'at first');
    // The first page had no worker when it loaded.
    await sign.page.reload();
    while (left.size > 0 || (!ONLY && Date.now() < until)) {
      const name = pick(left.size > 0 ? [...left] : names);
      left.delete(name);
      const summary = await playFault(sign, name, faults[name]!, random);
      if (LONG || ONLY) console.log(summary);
    }
  } catch (error) {
    console.log(await sign.about());
    throw error;
  } finally {
    await sign.close();
  }
});
