import { expect, it } from 'vitest';
import { createGroupCommit, type Ended } from '../../../sw/ledger/group-commit';
import { settle } from '../fakes/timers';

type Change = (state: number) => number;

function group() {
  let state = 0;
  const groups: number[] = [];
  let broken = false;
  const commit = createGroupCommit<Change, number>(async (changes) => {
    groups.push(changes.length);
    await settle(1);
    if (broken) throw new Error('full');
    const ended = changes.map((change): Ended => {
      try {
        return { ok: true, result: (state = change(state)) };
      } catch (error) {
        return { ok: false, error };
      }
    });
    return { state, ended };
  });
  return { commit, groups, break: () => (broken = true) };
}

it('writes changes that arrive together once and in order, and each gets its own result', async () => {
  const { commit, groups } = group();
  const all = await Promise.all(Array.from({ length: 1200 }, (_, i) => commit((state) => state + (i === 0 ? 10 : 1))));
  expect(all.map(({ result }) => result)).toEqual(Array.from({ length: 1200 }, (_, i) => 10 + i));
  expect(groups).toEqual([1000, 200]);
  expect((await commit((state) => state)).state).toBe(1209);
});

it('rejects only the change that throws', async () => {
  const { commit } = group();
  const bad = commit(() => {
    throw new Error('too many layers');
  });
  const good = commit((state) => state + 1);
  await expect(bad).rejects.toThrow('too many layers');
  expect((await good).result).toBe(1);
});

it('rejects all changes of a failed write, and continues with the next write', async () => {
  const one = group();
  one.break();
  const both = await Promise.allSettled([one.commit((state) => state), one.commit((state) => state)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(one.commit((state) => state)).rejects.toThrow('full');
});
