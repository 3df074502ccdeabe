import { describe, expect, it } from 'vitest';
import { emptyRecord, type LayerRecord } from '../../../sw/ledger/state';
import { announceVersion, invalidateRecord, isCurrent } from '../../../sw/ledger/layer-record';

const inside = { z: 8, x: 75, y: 96 };
const outside = { z: 8, x: 200, y: 96 };
const bbox = [-74.3, 40.5, -73.7, 40.9] as const;

/** Applies announcements one after another, as the ledger does. */
function after(...news: Array<Parameters<typeof announceVersion>[2]>): {
  record: LayerRecord;
  epoch: number;
  drop: string[];
} {
  let record = emptyRecord('roads');
  let epoch = 1;
  let drop: string[] = [];
  for (const entry of news) ({ record, epoch, drop } = announceVersion(record, epoch, entry, { confirmedAt: 1000 }));
  return { record, epoch, drop };
}

describe('a manifest', () => {
  it('is adopted without an invalidation the first time', () => {
    const change = announceVersion(emptyRecord('roads'), 7, { version: 'a' }, { confirmedAt: 1000 });
    expect(change).toMatchObject({ epoch: 7, applied: true, drop: [], record: { version: 'a', cache: '', rules: [] } });
    expect(change.previous).toBeUndefined();
  });

  it('confirms the version in force', () => {
    const { record, epoch } = after({ version: 'a' });
    const change = announceVersion(record, epoch, { version: 'a' }, { confirmedAt: 2000 });
    expect(change.record.confirmedAt).toBe(2000);
    expect(change.epoch).toBe(epoch);
    // A manifest that arrives late does not replace a newer confirmation.
    expect(announceVersion(change.record, epoch, { version: 'a' }, { confirmedAt: 1500 }).record.confirmedAt).toBe(
      2000,
    );
  });

  it('recovers from a confirmation by a clock that was ahead', () => {
    const { record, epoch } = after({ version: 'a' });
    const ahead = announceVersion(record, epoch, { version: 'a' }, { confirmedAt: 90_000_000 }).record;
    expect(announceVersion(ahead, epoch, { version: 'a' }, { confirmedAt: 3_000_000 }).record.confirmedAt).toBe(
      3_000_000,
    );
  });

  it('switches to a new cache and keeps two older ones', () => {
    expect(after({ version: 'a' }, { version: 'b' }).record).toMatchObject({ cache: 'b', kept: [''] });
    expect(after({ version: 'a' }, { version: 'b' }, { version: 'c' }).record).toMatchObject({
      cache: 'c',
      kept: ['b', ''],
    });
    const fourth = after({ version: 'a' }, { version: 'b' }, { version: 'c' }, { version: 'd' });
    expect(fourth.record).toMatchObject({ cache: 'd', kept: ['c', 'b'] });
    expect(fourth.drop).toEqual(['']);
  });

  it('returns to a cache that still exists', () => {
    const { record } = after({ version: 'a' }, { version: 'b' }, { version: 'c' }, { version: 'b' });
    expect(record).toMatchObject({ version: 'b', cache: 'b', kept: ['c', ''], rules: [] });
  });

  it('with a lower revision is ignored; a rollback has a higher one', () => {
    const { record, epoch } = after({ version: 'a', revision: 1 }, { version: 'b', revision: 2 });
    expect(announceVersion(record, epoch, { version: 'a', revision: 1 }, { confirmedAt: 3000 }).applied).toBe(false);
    expect(announceVersion(record, epoch, { version: 'a', revision: 3 }, { confirmedAt: 3000 }).record.version).toBe(
      'a',
    );
  });

  it('with changes, invalidates these and confirms the rest', () => {
    const { record } = after({ version: 'a' }, { version: 'b', changes: [{ from: 'a', bbox }] });
    expect(record).toMatchObject({ version: 'b', cache: '', kept: [] });
    expect(isCurrent(record, 'a', outside)).toBe(true);
    expect(isCurrent(record, 'a', inside)).toBe(false);
    expect(isCurrent(record, 'b', inside)).toBe(true);
    expect(isCurrent(record, undefined, outside)).toBe(false);
  });

  it('with changes from another version changes the whole layer', () => {
    expect(after({ version: 'a' }, { version: 'c', changes: [{ from: 'b', bbox }] }).record).toMatchObject({
      cache: 'c',
    });
  });

  it('with a change without a range, changes the whole layer', () => {
    expect(after({ version: 'a' }, { version: 'b', changes: [{ from: 'a' }] }).record).toMatchObject({ cache: 'b' });
  });

  it('combines changes over several versions', () => {
    const { record } = after(
      { version: 'a' },
      { version: 'b', changes: [{ from: 'a', bbox }] },
      { version: 'c', changes: [{ from: 'b', bbox: [100, 40, 101, 41] }] },
    );
    expect(isCurrent(record, 'a', { z: 8, x: 10, y: 10 })).toBe(true);
    expect(isCurrent(record, 'a', inside)).toBe(false);
    expect(isCurrent(record, 'b', inside)).toBe(true);
    expect(isCurrent(record, 'b', outside)).toBe(false);
  });

  it('does not trust a cache of several versions to which it returns', () => {
    const { record, epoch } = after(
      { version: 'a' },
      { version: 'b' },
      { version: 'c', changes: [{ from: 'b', bbox }] },
      { version: 'd' },
      { version: 'b' },
    );
    expect(record.cache).toBe('b');
    expect(record.rules).toContainEqual({ epoch, mode: 'version' });
  });
});

describe('an invalidation', () => {
  const base = after({ version: 'a' }, { version: 'b' });

  it('of the whole layer deletes its caches and switches the version', () => {
    const change = invalidateRecord(base.record, base.epoch, { layer: 'roads', version: 'c' });
    expect(change).toMatchObject({ previous: 'b', record: { version: 'c', cache: 'c', kept: [] } });
    expect([...change.drop].sort()).toEqual(['', 'b', 'c']);
    expect(change.record.confirmedAt).toBeUndefined();
  });

  it('without a version keeps it', () => {
    const change = invalidateRecord(base.record, base.epoch, { layer: 'roads' });
    expect(change.record).toMatchObject({ version: 'b', cache: 'b' });
    expect(change.previous).toBeUndefined();
    expect(change.drop).toContain('b');
  });

  it('with mode stale deletes nothing', () => {
    const change = invalidateRecord(base.record, base.epoch, { layer: 'roads', mode: 'stale' });
    expect(change.drop).toEqual([]);
    expect(change.record.rules).toEqual([{ epoch: base.epoch + 1, mode: 'stale' }]);
  });

  it('of a box with a version confirms tiles outside the box', () => {
    const change = invalidateRecord(base.record, base.epoch, { layer: 'roads', version: 'c', bbox });
    expect(change.drop).toEqual([]);
    expect(change.record).toMatchObject({ version: 'c', cache: 'b', kept: [''] });
    expect(isCurrent(change.record, 'b', outside)).toBe(true);
    expect(isCurrent(change.record, 'b', inside)).toBe(false);
  });

  it('with an outdated revision changes nothing', () => {
    const { record, epoch } = after({ version: 'a', revision: 5 });
    expect(invalidateRecord(record, epoch, { layer: 'roads', version: 'z', revision: 4 })).toMatchObject({
      applied: false,
      epoch,
      record,
    });
  });

  it('never mutates the record that earlier decisions hold', () => {
    const before = structuredClone(base.record);
    invalidateRecord(base.record, base.epoch, { layer: 'roads', version: 'c', bbox });
    announceVersion(base.record, base.epoch, { version: 'q' }, { confirmedAt: 5 });
    expect(base.record).toEqual(before);
  });
});
