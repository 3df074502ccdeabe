import { beforeEach, expect, it } from 'vitest';
import { createDoor, type Door } from '../../../sw/store/door';
import { fakeTimers, settle, type FakeTimers } from '../fakes/timers';

let clock: FakeTimers;
let door: Door;
beforeEach(() => {
  clock = fakeTimers();
  door = createDoor(1000, clock);
});

const never = () => new Promise<never>(() => {});
const outcome = async (work: Promise<unknown>) => {
  let seen: unknown = 'pending';
  work.then(
    (value) => (seen = value),
    (error: Error) => (seen = error.name),
  );
  await settle();
  return () => seen;
};

it('passes on calls that settle in time, even with an error, and leaves no timer', async () => {
  expect(await door.through(async () => 'tile')).toBe('tile');
  await expect(door.through(() => Promise.reject(new TypeError('no')))).rejects.toThrow(TypeError);
  await expect(
    door.through(() => {
      throw new TypeError('forbidden');
    }),
  ).rejects.toThrow(TypeError);
  expect(clock.waiting).toBe(0);
});

it('gives up one hanging call, and then rejects others at once, except one attempt per interval', async () => {
  const first = await outcome(door.through(never));
  expect(first()).toBe('pending');
  await clock.pass(1000);
  expect(first()).toBe('DeadlineMissed');
  let tries = 0;
  const count = () => {
    tries += 1;
    return never();
  };
  for (let i = 0; i < 5; i += 1) expect((await outcome(door.through(count)))()).toBe('DeadlineMissed');
  expect(tries).toBe(0);
  await clock.pass(5000);
  expect((await outcome(door.through(count)))()).toBe('pending');
  expect((await outcome(door.through(count)))()).toBe('DeadlineMissed');
  expect(tries).toBe(1);
  // Successive requests do not each wait for a deadline: the next attempt comes a pause after the failed one.
  await clock.pass(1000);
  expect((await outcome(door.through(count)))()).toBe('DeadlineMissed');
  await clock.pass(4999);
  expect((await outcome(door.through(count)))()).toBe('DeadlineMissed');
  expect(tries).toBe(1);
  await clock.pass(1);
  expect((await outcome(door.through(count)))()).toBe('pending');
  expect(tries).toBe(2);
});

it('opens again when an attempt succeeds, or when the hanging call settles', async () => {
  let release: (value: string) => void = () => {};
  const late = await outcome(door.through(() => new Promise((resolve) => (release = resolve))));
  await clock.pass(1000);
  expect(late()).toBe('DeadlineMissed');
  release('late');
  await settle();
  expect(await door.through(async () => 'open')).toBe('open');
  await outcome(door.through(never));
  await clock.pass(6000);
  expect(await door.through(async () => 'tried')).toBe('tried');
  expect(await door.through(async () => 'open')).toBe('open');
});
