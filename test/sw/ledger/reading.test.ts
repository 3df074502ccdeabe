import { expect, it } from 'vitest';
import { createReading } from '../../../sw/ledger/reading';
import { fakeTimers, settle } from '../fakes/timers';

/** Reads that the test settles one by one. */
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

it('is shared, and callers wait at most a second for it', async () => {
  const { clock, begun, found, reading } = reads();
  const both = [reading.load(), reading.load()];
  await clock.pass(1000);
  expect(await Promise.all(both)).toEqual([undefined, undefined]);
  expect(begun).toHaveLength(1);
  // Later callers do not wait at all.
  expect(await reading.load()).toBeUndefined();
  begun[0]!.resolve('late');
  await settle();
  expect(found).toEqual([undefined, 'late']);
  expect(await reading.load()).toBe('late');
});

it('is repeated after some seconds while nobody waits, and either read may succeed', async () => {
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

it('that fails is repeated by the next caller', async () => {
  const { begun, reading } = reads();
  const first = reading.load();
  begun[0]!.reject(new Error('closing'));
  expect(await first).toBeUndefined();
  void reading.load();
  expect(begun).toHaveLength(2);
});

it('that began before a write or a reload is ignored', async () => {
  const { clock, begun, found, reading } = reads();
  void reading.load();
  reading.known('written');
  begun[0]!.resolve('older');
  await settle();
  expect(await reading.load()).toBe('written');
  const again = reading.again();
  // The known state may be outdated, so it is not used until a read succeeds.
  await clock.pass(1000);
  expect(await again).toBeUndefined();
  expect(found).toEqual([undefined]);
});
