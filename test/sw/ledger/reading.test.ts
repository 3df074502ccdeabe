import { expect, it } from 'vitest';
import { createReading } from '../../../sw/ledger/reading';
import { fakeTimers, settle } from '../fakes/timers';

/** Reads that a test lets settle one by one. */
function reads() {
  const clock = fakeTimers();
  const begun: Array<{ resolve: (value: string) => void; reject: (error: Error) => void }> = [];
  const found: Array<string | undefined> = [];
  let abandoned = 0;
  const reading = createReading<string>({
    read: () => new Promise((resolve, reject) => begun.push({ resolve, reject })),
    abandon: () => (abandoned += 1),
    found: (value) => found.push(value),
    timers: clock,
  });
  return { clock, begun, found, reading, abandoned: () => abandoned };
}

it('is shared, and waited for a second at most', async () => {
  const { clock, begun, found, reading } = reads();
  const both = [reading.load(), reading.load()];
  await clock.pass(1000);
  expect(await Promise.all(both)).toEqual([undefined, undefined]);
  expect(begun).toHaveLength(1);
  // Who comes later does not wait at all.
  expect(await reading.load()).toBeUndefined();
  begun[0]!.resolve('late');
  await settle();
  expect(found).toEqual([undefined, 'late']);
  expect(await reading.load()).toBe('late');
});

it('is tried again after some seconds, without anybody waiting, and either try may come', async () => {
  const { clock, begun, found, reading, abandoned } = reads();
  void reading.load();
  await clock.pass(5900);
  await reading.load();
  expect(begun).toHaveLength(1);
  await clock.pass(200);
  expect(await reading.load()).toBeUndefined();
  expect(begun).toHaveLength(2);
  expect(abandoned()).toBe(1);
  begun[1]!.resolve('second');
  await settle();
  begun[0]!.resolve('first, older');
  await settle();
  expect(found.filter(Boolean)).toEqual(['second']);
  expect(await reading.load()).toBe('second');
});

it('that fails is begun anew by who asks next', async () => {
  const { begun, reading } = reads();
  const first = reading.load();
  begun[0]!.reject(new Error('closing'));
  expect(await first).toBeUndefined();
  void reading.load();
  expect(begun).toHaveLength(2);
});

it('of before a write or a reload comes too late', async () => {
  const { clock, begun, found, reading } = reads();
  void reading.load();
  reading.known('written');
  begun[0]!.resolve('older');
  await settle();
  expect(await reading.load()).toBe('written');
  const again = reading.again();
  // What was known may be outdated: while nobody answers, nothing is relied upon.
  await clock.pass(1000);
  expect(await again).toBeUndefined();
  expect(found).toEqual([undefined]);
});
