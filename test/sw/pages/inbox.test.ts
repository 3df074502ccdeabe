import { expect, it } from 'vitest';
import { createInbox } from '../../../sw/pages/inbox';
import { fakeTimers, settle } from '../fakes/timers';

it('works on one message at once, and on a flood in slices with a rest in between, in order', async () => {
  const clock = fakeTimers();
  const inbox = createInbox((ms) => new Promise((resolve) => void clock.setTimeout(resolve, ms)));
  const done: number[] = [];
  const send = (i: number) => inbox(async () => void done.push(i));
  void send(0);
  expect(done).toEqual([0]);
  await clock.pass(0);
  for (let i = 1; i <= 3500; i += 1) void send(i);
  await settle();
  const early = done.length;
  expect(early).toBeLessThanOrEqual(1001);
  await clock.pass(20);
  expect(done.length).toBeLessThanOrEqual(early + 1000);
  await clock.pass(1000);
  expect(done).toEqual(Array.from({ length: 3501 }, (_, i) => i));
});

it('goes on after one that fails', async () => {
  const clock = fakeTimers({ soon: 0 });
  const inbox = createInbox((ms) => new Promise((resolve) => void clock.setTimeout(resolve, ms)));
  await expect(inbox(() => Promise.reject(new Error('bad')))).rejects.toThrow('bad');
  expect(await inbox(async () => 'good')).toBe('good');
});
