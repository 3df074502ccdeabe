import { expect, it } from 'vitest';
import { createInbox } from '../../../sw/commands/inbox';
import { createTileTurns } from '../../../sw/commands/turns';
import { fakeTimers, settle } from '../fakes/timers';

it('handles messages one at a time and in order, and a flood in slices with pauses in between', async () => {
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

it('continues after a message that fails', async () => {
  const clock = fakeTimers({ soon: 0 });
  const inbox = createInbox((ms) => new Promise((resolve) => void clock.setTimeout(resolve, ms)));
  await expect(inbox(() => Promise.reject(new Error('bad')))).rejects.toThrow('bad');
  expect(await inbox(async () => 'good')).toBe('good');
});

it('answers tiles that arrived during a flood before the next slice, and waits for a hanging one only for a while', async () => {
  const clock = fakeTimers();
  const sleep = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
  const turns = createTileTurns(sleep);
  const inbox = createInbox(sleep, turns);
  let done = 0;
  for (let i = 0; i < 3500; i += 1) void inbox(async () => void (done += 1));
  const [first, second] = [turns.take(), turns.take()];
  await clock.pass(100);
  expect(done).toBe(1);
  first();
  first();
  await clock.pass(100);
  expect(done).toBe(1);
  second();
  await settle();
  expect(done).toBe(1001);
  // The origin never answers this tile.
  turns.take();
  await clock.pass(3 * 300);
  expect(done).toBe(3500);
});
