import { expect, it } from 'vitest';
import { coalesce } from '../../../sw/util/coalesce';
import { settle } from '../fakes/timers';

it('does once what many ask for, and never answers with what is older than the question', async () => {
  let runs = 0;
  const releases: Array<() => void> = [];
  const ask = coalesce(() => {
    const mine = (runs += 1);
    return new Promise<number>((resolve) => releases.push(() => resolve(mine)));
  });
  const first = [ask(), ask(), ask()];
  await settle(1);
  // The first run has begun: these need a newer one, and share it.
  const second = [ask(), ask()];
  await settle(1);
  expect(runs).toBe(1);
  releases[0]!();
  expect(await Promise.all(first)).toEqual([1, 1, 1]);
  await settle(1);
  releases[1]!();
  expect(await Promise.all(second)).toEqual([2, 2]);
  expect(runs).toBe(2);
});

it('goes on after a failure', async () => {
  let fails = true;
  const ask = coalesce(async () => {
    if (fails) throw new Error('no');
    return 'yes';
  });
  await expect(ask()).rejects.toThrow('no');
  fails = false;
  expect(await ask()).toBe('yes');
});
