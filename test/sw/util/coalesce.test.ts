import { expect, it } from 'vitest';
import { coalesce } from '../../../sw/util/coalesce';
import { settle } from '../fakes/timers';

it('runs once for many callers, and never returns a result that is older than the call', async () => {
  let runs = 0;
  const releases: Array<() => void> = [];
  const ask = coalesce(() => {
    const mine = (runs += 1);
    return new Promise<number>((resolve) => releases.push(() => resolve(mine)));
  });
  const first = [ask(), ask(), ask()];
  await settle(1);
  // The first run has begun. These callers need a newer one, which they share.
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

it('continues after a failure', async () => {
  let fails = true;
  const ask = coalesce(async () => {
    if (fails) throw new Error('no');
    return 'yes';
  });
  await expect(ask()).rejects.toThrow('no');
  fails = false;
  expect(await ask()).toBe('yes');
});
