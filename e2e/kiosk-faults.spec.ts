// A sign that nobody touches, for some minutes or for an hour: whatever breaks, its map is whole and right again by itself.
// Each kind once, then more of them for five minutes in all. On demand, on a machine that does nothing else:
// KIOSK_MINUTES=60 plays an hour, with longer faults; KIOSK_SEED draws other ones, and replays those of a run that was red;
// KIOSK_ONLY names some: `origin off|a token`.
import { expect, test } from '@playwright/test';
import { seeded } from '../test/sw/fakes/seeded';
import { type Fault, FAULTS, LONG_FAULTS, wait } from './fixtures/kiosk-faults';
import { openSign, type Sign } from './fixtures/kiosk-sign';

const SEED = Number(process.env['KIOSK_SEED'] ?? 20_261_127);
const LONG = process.env['KIOSK_MINUTES'] !== undefined;
const MINUTES = Number(process.env['KIOSK_MINUTES'] ?? 5);
const ONLY = process.env['KIOSK_ONLY'];
/** Milliseconds in which the map is back after a fault's end: some minutes of the sign, whose time runs faster. */
const BACK_WITHIN = LONG ? 150_000 : 90_000;

const WHOLE = { seen: '30 now, 0 before, 0 blank', worker: 'active', symptoms: [], region: 'complete' };

const replay = `KIOSK_SEED=${SEED}${LONG ? ` KIOSK_MINUTES=${MINUTES}` : ''}`;

test.setTimeout((10 + 2 * MINUTES) * 60_000);

/** Waits until the sign is so. */
const becomes = (sign: Sign, what: Record<string, unknown>, when: string) =>
  expect
    .poll(() => sign.state(), { message: `${when} (${replay})`, timeout: BACK_WITHIN, intervals: [400] })
    .toEqual(expect.objectContaining(what));

/** A step that never ends names itself: nothing else in a page that hangs would. */
async function ends<T>(step: string, work: T | Promise<T>): Promise<T> {
  const hung = wait(BACK_WITHIN).then(() => Promise.reject(new Error(`${step} does not end (${replay})`)));
  return Promise.race([work, hung]);
}

/** One fault from its begin until the map is back, in words. */
async function suffer(sign: Sign, name: string, fault: Fault, random: () => number): Promise<string> {
  await becomes(sign, WHOLE, `before: ${name}`);
  await ends(`forgiving before: ${name}`, sign.forgive());
  sign.origin.meddled = 0;
  const began = Date.now();
  await ends(`the begin of: ${name}`, fault.begin(sign, random));
  // What is published meanwhile has to be shown without another word. There are two colours: each change is to the other.
  const published = random() < 0.5;
  if (published) sign.publish();
  if (fault.keeps) await becomes(sign, { seen: expect.stringMatching(/ 0 blank$/) }, `during: ${name}`);
  await ends(`the check of: ${name}`, fault.check?.(sign));
  await wait(500 + random() * (LONG ? 15_000 : 2000));
  await ends(`the end of: ${name}`, fault.end?.(sign));
  const ended = Date.now();
  if (!published) sign.publish();
  if (fault.noted) await expect.poll(() => sign.log(), { message: name, timeout: BACK_WITHIN }).toMatch(fault.noted);
  await becomes(sign, WHOLE, `after: ${name}`);
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
  const log = await sign.log();
  return `${name}: lasted ${seconds(began, ended)} s, back after ${seconds(ended, Date.now())} s; ${log}`;
}

test('a sign is whole and right again after each fault', async () => {
  const random = seeded(SEED);
  const faults = { ...FAULTS, ...(LONG && LONG_FAULTS) };
  const names = Object.keys(faults).filter((name) => !ONLY || ONLY.split('|').includes(name));
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)]!;
  const left = new Set(names);
  const until = Date.now() + MINUTES * 60_000;
  const sign = await openSign();
  try {
    await becomes(sign, WHOLE, 'at first');
    // The first page had no worker when it began.
    await sign.page.reload();
    while (left.size > 0 || (!ONLY && Date.now() < until)) {
      const name = pick(left.size > 0 ? [...left] : names);
      left.delete(name);
      const said = await suffer(sign, name, faults[name]!, random);
      if (LONG || ONLY) console.log(said);
    }
  } catch (error) {
    console.log(await sign.about());
    throw error;
  } finally {
    await sign.close();
  }
});
