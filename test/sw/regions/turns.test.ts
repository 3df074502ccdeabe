import { describe, expect, it } from 'vitest';
import { createTurns } from '../../../sw/regions/turns';
import { awaitUnderway, type Underway } from '../../../sw/regions/underway';
import { settle } from '../fakes/timers';

describe('a request that outlasts its slice', () => {
  it('is awaited by the next slice, and started once', async () => {
    const underway: Underway<string> = new Map();
    let answer: (text: string) => void = () => {};
    let begun = 0;
    const begin = () => new Promise<string>((resolve) => ((answer = resolve), (begun += 1)));
    const ofSlice = (ended: Promise<undefined>) => awaitUnderway('a', underway, begin, { ended, goesOn: () => {} });
    expect(await ofSlice(Promise.resolve(undefined))).toBeUndefined();
    const next = ofSlice(new Promise(() => {}));
    answer('tile');
    expect([await next, begun]).toEqual(['tile', 1]);
  });

  it('is aborted by a change of the region, which starts after it has written its data', async () => {
    const turns = createTurns();
    let write: () => void = () => {};
    const writing = new Promise<void>((resolve) => (write = resolve));
    let ends: AbortSignal | undefined;
    await turns.work('a', async (signal, goesOn) => {
      ends = signal;
      await awaitUnderway('tile', new Map(), () => writing, { ended: Promise.resolve(undefined), goesOn });
    });
    let changed = false;
    const change = turns.alone('a', async () => (changed = true));
    await settle();
    expect([ends!.aborted, changed]).toEqual([true, false]);
    write();
    await change;
    expect(changed).toBe(true);
    // The change does not abort later work.
    await turns.work('a', async (signal) => expect(signal.aborted).toBe(false));
  });

  it('that fails is started again', async () => {
    const underway: Underway<string> = new Map();
    const limits = { ended: new Promise<undefined>(() => {}), goesOn: () => {} };
    await expect(awaitUnderway('a', underway, () => Promise.reject(new Error('full')), limits)).rejects.toThrow('full');
    expect(await awaitUnderway('a', underway, async () => 'tile', limits)).toBe('tile');
  });
});
