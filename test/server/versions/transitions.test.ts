import { describe, expect, it } from 'vitest';
import { outstanding, repeated } from '../../../server/publish/repetition';
import { EMPTY_STATE, layerState, type OriginState } from '../../../server/versions/state';
import { adopt, announce, markDone, recover, stage, unstage } from '../../../server/versions/transitions';

const publish = (state: OriginState, version: string, more = {}, now = 0) =>
  announce(state, { layer: 'roads', version, purged: true, ...more }, now);
const roads = (state: OriginState) => layerState(state, 'roads')!;

describe('revisions', () => {
  it('follow the clock, and grow when it does not', () => {
    const first = publish(EMPTY_STATE, 'v1', {}, 1_700_000_000_999);
    expect(
      [first, publish(first, 'v2', {}, 1_700_000_000_000), publish(first, 'v2', {}, 1_800_000_000_000)].map(
        ({ revision }) => revision,
      ),
    ).toEqual([1_700_000_000, 1_700_000_001, 1_800_000_000]);
  });
});

describe('staging', () => {
  it('labels tiles before clients hear of the version', () => {
    const first = publish(EMPTY_STATE, 'v1');
    const staged = stage(first, 'roads', 'v2')!;
    expect(roads(staged)).toMatchObject({ version: 'v1', staged: 'v2' });
    expect(staged.revision).toBe(first.revision);
    expect(roads(publish(staged, 'v2')).staged).toBeUndefined();
  });

  it('keeps the label of another publication in progress', () => {
    const staged = stage(publish(EMPTY_STATE, 'v1'), 'roads', 'v3', 'job-3')!;
    expect(roads(publish(staged, 'v2'))).toMatchObject({ version: 'v2', staged: 'v3', stagedFor: 'job-3' });
  });

  it('can be reverted, and then no step counts as done', () => {
    const staged = stage(publish(EMPTY_STATE, 'v1'), 'roads', 'v2', 'job')!;
    expect(unstage(staged, 'roads', 'v3')).toBeUndefined();
    const { steps, ...layer } = roads(unstage(staged, 'roads', 'v2', 1)!);
    expect(layer).toEqual({ version: 'v1', revision: 1, publishedAt: 0 });
    expect(steps).toMatchObject([{ cleared: false, purged: false, verified: false }]);
  });
});

describe('a repetition', () => {
  const claim = { layer: 'roads', version: undefined, id: undefined, content: 'all' };
  const state = publish(publish(EMPTY_STATE, 'v1'), 'v2', { id: 'job-7', content: 'all' });

  it('is recognized by its id or by the version in force', () => {
    expect(repeated(state, { ...claim, id: 'job-7' })?.to).toBe('v2');
    expect(repeated(state, { ...claim, version: 'v2', id: 'job-7' })?.to).toBe('v2');
    expect(repeated(state, { ...claim, version: 'v2' })?.revision).toBe(2);
    expect(repeated(state, { ...claim, version: 'v2', id: 'job-8' })?.revision).toBe(2);
    expect(repeated(state, { ...claim, version: 'v1' })).toBeUndefined();
    expect(repeated(state, { ...claim, layer: 'rivers', id: 'job-7' })).toBeUndefined();
  });

  it("can be of a layer's first publication", () => {
    const first = publish(EMPTY_STATE, 'v1', { id: 'job-1', content: 'all', purged: false });
    expect(repeated(first, { ...claim, id: 'job-1' })).toMatchObject({ to: 'v1', purged: false });
    expect(repeated(first, { ...claim, version: 'v1' })).not.toHaveProperty('from');
  });

  it('is refused under the id of a different publication', () => {
    for (const other of [{ version: 'v3' }, { content: 'a part' }]) {
      expect(() => repeated(state, { ...claim, id: 'job-7', ...other })).toThrow(
        expect.objectContaining({ code: 'CONFLICT', field: 'id' }),
      );
    }
  });

  it('is not another part of the version in force', () => {
    expect(repeated(state, { ...claim, version: 'v2', content: 'a part' })).toBeUndefined();
    const parts = publish(state, 'v2', { content: 'a part' });
    expect(['all', 'a part'].map((content) => repeated(parts, { ...claim, version: 'v2', content })?.revision)).toEqual(
      [2, 3],
    );
    // The part was published before another version was in force: after a rollback it is published again.
    const back = publish(publish(parts, 'v3'), 'v2', { content: 'all' });
    expect(repeated(back, { ...claim, version: 'v2', content: 'a part' })).toBeUndefined();
  });

  it.each([
    [{}, {}],
    [{ cleared: false }, { clear: true, purge: true, verify: true }],
    [{ purged: false }, { purge: true, verify: true }],
    [{ verified: false }, { purge: true, verify: true }],
  ])('with %j repeats what failed and the steps after it', (left, expected) => {
    const step = { to: 'v1', at: 0, revision: 1, purged: true, ...left };
    expect(outstanding(step, { clear: true, verify: true })).toEqual({
      clear: false,
      purge: false,
      verify: false,
      ...expected,
    });
  });

  it('records completed steps', () => {
    const open = publish(state, 'v3', { verified: false });
    expect(roads(markDone(open, 'roads', 3, { verified: true })!).steps.at(-1)).toMatchObject({ verified: true });
    expect(markDone(open, 'roads', 3, { purged: true })).toBeUndefined();
  });
});

describe('a configured version', () => {
  it('is adopted before any publication, and replaced by another configured version', () => {
    const state = adopt(EMPTY_STATE, 'roads', 'v1', 5)!;
    expect(roads(state)).toMatchObject({ version: 'v1', publishedAt: 5 });
    expect(adopt(state, 'roads', 'v1', 6)).toBeUndefined();
    expect(roads(adopt(state, 'roads', 'v2', 6)!)).toMatchObject({ version: 'v2', revision: 2, steps: [] });
  });

  it('yields to a published version', () => {
    const published = publish(adopt(EMPTY_STATE, 'roads', 'v1', 5)!, 'v2');
    expect(adopt(published, 'roads', 'v3', 6)).toBeUndefined();
    expect(adopt(publish(EMPTY_STATE, 'v1'), 'roads', 'v3', 6)).toBeUndefined();
  });
});

describe('a store that lost a write', () => {
  const before = publish(EMPTY_STATE, 'v1');
  const known = publish(before, 'v2');

  it('regains what this instance still knows', () => {
    expect(roads(recover(before, known))).toMatchObject({ version: 'v2', revision: 2 });
    expect(recover(EMPTY_STATE, known)).toEqual(known);
  });

  it('keeps its other content', () => {
    const other = announce(before, { layer: 'rivers', version: 'r1', purged: true }, 0);
    expect(Object.keys(recover(other, known).layers)).toEqual(['roads', 'rivers']);
    expect(recover(known, before)).toBe(known);
    expect(recover(known, EMPTY_STATE)).toBe(known);
  });
});
