import { describe, expect, it } from 'vitest';
import type { ManifestEntry } from '../../../src/shared/manifest';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import type { LedgerState } from '../../../sw/ledger/state';
import { applyPatch } from '../../../sw/ledger/apply-patch';
import { judge } from '../../../sw/ledger/verdict';
import { invalidateCommand, versionsCommand } from '../../../sw/commands/commands';

const INSIDE = { z: 8, x: 75, y: 96 };
const OUTSIDE = { z: 8, x: 200, y: 96 };
const bbox = [-74.3, 40.5, -73.7, 40.9] as const;

function ledger() {
  let state: LedgerState = { id: 'one', epoch: 1, orphaned: false, ids: [], cleared: {}, layers: new Map() };
  const run = <R>(command: ReturnType<typeof versionsCommand> | ReturnType<typeof invalidateCommand>): R => {
    const patch = command(state);
    state = applyPatch(state, patch);
    return patch.result as R;
  };
  type Result = ReturnType<ReturnType<typeof versionsCommand>>['result'];
  return {
    announce: (entry: ManifestEntry, confirmedAt = 1000, believe: string[] = []) =>
      run<Result>(versionsCommand({ layers: { roads: entry } }, confirmedAt, ['roads'], { at: confirmedAt, believe })),
    invalidate: (command: Parameters<typeof invalidateCommand>[0]) => run(invalidateCommand(command)),
    get epoch() {
      return state.epoch;
    },
    record: () => state.layers.get('roads')!,
    rule(tile: { z: number; x: number; y: number }, epoch: number, version = '') {
      const subject = { layer: resolveLayer('roads'), tile, partition: '', asked: '', own: '' };
      const meta = { requestAt: 90_000, responseAt: 90_000, ledger: 'one', epoch, version, variant: '', group: '' };
      return judge(state, subject, { meta, status: 200, headers: new Headers(), requestAt: 1, responseAt: 1 }, false, 9)
        .rule;
    },
  };
}

it('a version that no check has confirmed is adopted only if it is the first one', () => {
  const it = ledger();
  const hint = (version: string) => it.announce({ version }, 0).answer.changed;
  hint('a');
  expect(it.record()).toMatchObject({ version: 'a', confirmedAt: 0 });
  it.announce({ version: 'b' }, 9_000_000);
  for (const version of ['a', 'b', 'c']) expect(hint(version)).toEqual([]);
  expect(it.record()).toMatchObject({ version: 'b', confirmedAt: 9_000_000 });
});

describe('the second announcement of a version, after an edge was repaired', () => {
  const again = (revision: number, part: object = {}): ManifestEntry => ({
    ...{ version: 'b', revision, changes: [{ from: 'b', ...part }] },
  });

  it('makes tiles stale that were fetched in between, and pages hear of it', () => {
    const it = ledger();
    it.announce({ version: 'a', revision: 1 });
    it.announce({ version: 'b', revision: 2 });
    const fetched = it.epoch;
    expect(it.rule(INSIDE, fetched)).toBe('none');
    const { answer, effects } = it.announce(again(3));
    // The version does not change, and maps request the tiles again nevertheless.
    expect(answer.changed).toEqual([]);
    expect(effects.tell).toEqual([
      { type: 'TILES_INVALIDATED', layer: 'roads', mode: 'stale', buffer: 1, version: 'b' },
    ]);
    expect([it.rule(INSIDE, fetched), it.rule(OUTSIDE, fetched), it.rule(INSIDE, it.epoch)]).toEqual([
      ...['stale', 'stale', 'none'],
    ]);
    // Tiles that the edge labelled with the version in force were correct all the time.
    expect(it.rule(INSIDE, fetched, 'b')).toBe('none');
  });

  it('with a box does not affect other tiles', () => {
    const it = ledger();
    it.announce({ version: 'a', revision: 1 });
    it.announce({ version: 'b', revision: 2 });
    const fetched = it.epoch;
    const { effects } = it.announce(again(3, { bbox }));
    expect(effects.tell).toEqual([expect.objectContaining({ type: 'TILES_INVALIDATED', bbox })]);
    expect([it.rule(INSIDE, fetched), it.rule(OUTSIDE, fetched)]).toEqual(['stale', 'none']);
  });

  it('is applied once, however often it is repeated', () => {
    const it = ledger();
    it.announce({ version: 'b', revision: 2 });
    it.announce(again(3));
    const { epoch } = it;
    for (const entry of [again(3), again(2), { version: 'b', revision: 4 }])
      expect(it.announce(entry).effects.tell).toEqual([]);
    expect(it.epoch).toBe(epoch);
  });

  it('has no effect on a client for which the version is new', () => {
    const it = ledger();
    it.announce({ version: 'a', revision: 1 });
    expect(it.announce(again(3)).answer.changed).toEqual([{ layer: 'roads', version: 'b', previous: 'a' }]);
    const { epoch } = it;
    it.announce(again(3));
    expect(it.epoch).toBe(epoch);
  });
});

describe('a revision that is too high', () => {
  it('is overruled by a page that has read a lower one in several checks', () => {
    const it = ledger();
    it.announce({ version: 'a', revision: 3 });
    it.invalidate({ layer: 'roads', revision: 9_007_199_254_740_991 });
    expect(it.announce({ version: 'b', revision: 4 }).answer.changed).toEqual([]);
    expect(it.announce({ version: 'b', revision: 4 }, 1000, ['rivers']).answer.changed).toEqual([]);
    expect(it.announce({ version: 'b', revision: 4 }, 1000, ['roads']).answer.changed).toHaveLength(1);
    expect(it.announce({ version: 'c', revision: 5 }).answer.changed).toHaveLength(1);
  });

  it('does not matter after the manifest’s epoch changes, and the previous epoch does not return', () => {
    const it = ledger();
    it.announce({ version: 'a', revision: 900 });
    expect(it.announce({ version: 'b', revision: 1, epoch: 'two' }).answer.changed).toHaveLength(1);
    expect(it.announce({ version: 'c', revision: 1, epoch: 'three' }).answer.changed).toHaveLength(1);
    expect(it.announce({ version: 'b', revision: 7, epoch: 'two' }).answer.changed).toEqual([]);
    expect(it.record()).toMatchObject({ version: 'c', revision: 1, series: 'three' });
    expect(it.announce({ version: 'd', revision: 2, epoch: 'three' }).answer.changed).toHaveLength(1);
    // The page has read the previous epoch in several checks, so a deployment was rolled back.
    expect(it.announce({ version: 'b', revision: 7, epoch: 'two' }, 1000, ['roads']).answer.changed).toHaveLength(1);
    expect(it.record()).toMatchObject({ version: 'b', revision: 7, series: 'two', formerSeries: 'three' });
  });
});
