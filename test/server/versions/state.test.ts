import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_STATE, layerState, type OriginState, type Step } from '../../../server/versions/state';
import { changesOf, entryOf, manifestOf } from '../../../server/versions/manifest-of';
import { parseState } from '../../../server/versions/parse-state';
import { announce } from '../../../server/versions/transitions';
import { parseManifest } from '../../../src/shared/parse-manifest';
import { rangeHolds } from '../../../src/shared/range';
import type { BBox, TileId } from '../../../src/shared/tile';

const BOX: BBox = [-74, 40, -73, 41];

function publish(state: OriginState, version: string, range?: Step['range']): OriginState {
  return announce(state, { layer: 'roads', version, purged: true, ...(range && { range }) }, 0);
}

const roads = (state: OriginState) => layerState(state, 'roads')!;

describe('the manifest', () => {
  it('describes a bounding box as a change from the previous version', () => {
    const state = publish(publish(EMPTY_STATE, 'v1'), 'v2', { bbox: BOX, zooms: [4, 9] });
    expect(entryOf(roads(state))).toEqual({
      version: 'v2',
      revision: 2,
      changes: [{ from: 'v1', bbox: BOX, zooms: [4, 9] }],
    });
  });

  it('composes changes for clients further behind', () => {
    const other: BBox = [0, 0, 1, 1];
    const state = publish(publish(publish(EMPTY_STATE, 'v1'), 'v2', { bbox: BOX }), 'v3', { bbox: other });
    expect(changesOf(roads(state))).toEqual([
      { from: 'v2', bbox: other },
      { from: 'v1', bbox: BOX },
      { from: 'v1', bbox: other },
    ]);
  });

  it('describes no changes across a publication of the whole layer', () => {
    const state = publish(publish(publish(publish(EMPTY_STATE, 'v1'), 'v2', { bbox: BOX }), 'v3'), 'v4', { bbox: BOX });
    expect(changesOf(roads(state))).toEqual([{ from: 'v3', bbox: BOX }]);
  });

  it('describes no change for a client at the present version after a rollback', () => {
    const state = publish(publish(publish(EMPTY_STATE, 'v1'), 'v2', { bbox: BOX }), 'v1', { bbox: BOX });
    expect(entryOf(roads(state))).toEqual({ version: 'v1', revision: 3, changes: [{ from: 'v2', bbox: BOX }] });
  });

  it('describes a part published later under the same version to clients that lack it', () => {
    const other: BBox = [0, 0, 1, 1];
    const state = publish(publish(publish(EMPTY_STATE, 'v1'), 'v2', { bbox: BOX }), 'v2', { bbox: other });
    expect(entryOf(roads(state))).toEqual({
      version: 'v2',
      revision: 3,
      changes: [
        { from: 'v1', bbox: BOX },
        { from: 'v1', bbox: other },
      ],
    });
  });

  it('treats the name of a prototype property as a layer name', () => {
    expect(layerState(EMPTY_STATE, 'constructor')).toBeUndefined();
    const state = announce(EMPTY_STATE, { layer: '__proto__', version: 'v1', purged: true }, 0);
    expect(parseManifest(JSON.parse(JSON.stringify(manifestOf(state)))).layers['__proto__']?.version).toBe('v1');
  });

  // What clients rely on: whatever changed since `from` is covered by the changes told for it, and the page's parser takes it.
  it('covers every change since `from`, whatever was published', () => {
    const box = fc
      .tuple(fc.integer({ min: -170, max: 170 }), fc.integer({ min: -80, max: 80 }))
      .map(([w, s]): BBox => [w, s, w + 5, s + 4]);
    const range = fc.option(
      fc.record(
        {
          bbox: box,
          zooms: fc.constantFrom([0, 5] as const, [3, 9] as const),
          scope: fc.constantFrom('tiles' as const, 'metadata' as const),
        },
        { requiredKeys: ['bbox'] },
      ),
      { nil: undefined, freq: 6 },
    );
    const publications = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), range), { minLength: 1, maxLength: 40 });
    const tile = fc.integer({ min: 0, max: 9 }).chain((z) =>
      fc.record({
        z: fc.constant(z),
        x: fc.integer({ min: 0, max: 2 ** z - 1 }),
        y: fc.integer({ min: 0, max: 2 ** z - 1 }),
      }),
    );
    fc.assert(
      fc.property(publications, tile, (list, t: TileId) => {
        let state = EMPTY_STATE;
        for (const [version, r] of list) state = publish(state, `v${version}`, r as Step['range']);
        const entry = parseManifest({ layers: { roads: JSON.parse(JSON.stringify(entryOf(roads(state)))) } }).layers
          .roads!;
        for (const from of new Set(entry.changes?.map((change) => change.from))) {
          const told = entry.changes!.filter((change) => change.from === from);
          // The client may have read `from` at its last appearance or at any earlier one that is still known.
          const steps = roads(state).steps;
          const since = steps.slice(steps.findIndex((step) => step.from === from));
          for (const step of since) {
            const changed = step.range ? rangeHolds(step.range, t) : true;
            if (changed) expect(told.some((change) => rangeHolds(change, t))).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

it.each(['', '{', 'null', '[]', '{"sequence":1}', '{"sequence":1,"revision":1,"layers":{"a":{}}}'])(
  'refuses the stored document %j',
  (text) => {
    expect(() => parseState(text)).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }));
  },
);
