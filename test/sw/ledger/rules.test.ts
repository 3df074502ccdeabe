import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeHolds, type TileRange } from '../../../src/shared/range';
import { addRule, coveredBy, everCovered, MAX_RULES, mergeRules, type Rule } from '../../../sw/ledger/rules';

const inside = { z: 8, x: 75, y: 96 };
const outside = { z: 8, x: 200, y: 96 };
const box: TileRange = { bbox: [-74.3, 40.5, -73.7, 40.9], buffer: 1 };

const tile = fc
  .integer({ min: 0, max: 12 })
  .chain((z) => fc.record({ z: fc.constant(z), x: fc.nat(2 ** z - 1), y: fc.nat(2 ** z - 1) }));
const range: fc.Arbitrary<TileRange> = fc.record(
  {
    bbox: fc
      .tuple(
        fc.integer({ min: -180, max: 180 }),
        fc.integer({ min: -85, max: 84 }),
        fc.integer({ min: -180, max: 180 }),
        fc.nat(30),
      )
      .map(([west, south, east, height]) => [west, south, east, Math.min(90, south + height)] as const),
    zooms: fc.tuple(fc.nat(10), fc.nat(10)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    buffer: fc.nat(3),
  },
  { requiredKeys: ['bbox'] },
);
const rule: fc.Arbitrary<Omit<Rule, 'epoch'>> = fc.record(
  { mode: fc.constantFrom('purge' as const, 'stale' as const, 'version' as const), range },
  { requiredKeys: ['mode'] },
);

describe('coveredBy', () => {
  it('covers exactly the tiles in the range with a lower epoch', () => {
    const rules: Rule[] = [{ epoch: 5, mode: 'purge', range: box }];
    expect(coveredBy(rules, inside, 4)).toBe('purge');
    expect(coveredBy(rules, inside, 5)).toBeUndefined();
    expect(coveredBy(rules, outside, 4)).toBeUndefined();
    expect(coveredBy(rules, undefined, 4)).toBeUndefined();
  });

  it('covers metadata with rules for the whole layer and with rules for metadata only', () => {
    expect(coveredBy([{ epoch: 5, mode: 'stale' }], undefined, 4)).toBe('stale');
    const rules: Rule[] = [{ epoch: 5, mode: 'purge', range: { scope: 'metadata' } }];
    expect(coveredBy(rules, undefined, 4)).toBe('purge');
    expect(coveredBy(rules, inside, 4)).toBeUndefined();
  });

  it('returns the mode of the strongest rule', () => {
    const rules: Rule[] = [
      { epoch: 5, mode: 'purge', range: box },
      { epoch: 6, mode: 'stale' },
      { epoch: 7, mode: 'version' },
    ];
    expect(coveredBy(rules, inside, 4)).toBe('purge');
    expect(coveredBy(rules, inside, 5)).toBe('stale');
    expect(coveredBy(rules, inside, 6)).toBe('version');
  });
});

describe('addRule', () => {
  it('limits the number of rules, and tiles stay covered at least as strongly', () => {
    const strength = { version: 1, stale: 2, purge: 3 };
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 * MAX_RULES }), tile, fc.nat(3 * MAX_RULES), (news, at, epoch) => {
        let kept: Rule[] = [];
        const all: Rule[] = [];
        news.forEach((one, i) => {
          const next = { ...one, epoch: i + 1 } as Rule;
          all.push(next);
          kept = addRule(kept, next);
          expect(kept.length).toBeLessThanOrEqual(MAX_RULES);
        });
        const exact = coveredBy(all, at, epoch);
        const merged = coveredBy(kept, at, epoch);
        if (exact) expect(strength[merged ?? 'version'] * (merged ? 1 : 0)).toBeGreaterThanOrEqual(strength[exact]);
        if (everCovered(all, at)) expect(everCovered(kept, at)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('repeated rules add nothing', () => {
    let rules: Rule[] = [];
    for (let epoch = 1; epoch <= 1000; epoch += 1) rules = addRule(rules, { epoch, mode: 'stale', range: box });
    expect(rules).toEqual([{ epoch: 1000, mode: 'stale', range: box }]);
  });

  it('a purge of the whole layer removes all other rules', () => {
    const rules = addRule(
      [
        { epoch: 1, mode: 'purge', range: box },
        { epoch: 2, mode: 'stale' },
      ],
      { epoch: 3, mode: 'purge' },
    );
    expect(rules).toEqual([{ epoch: 3, mode: 'purge' }]);
  });

  it('a soft rule does not remove a purge', () => {
    const purge: Rule = { epoch: 1, mode: 'purge', range: box };
    expect(addRule([purge], { epoch: 2, mode: 'stale' })).toContainEqual(purge);
  });
});

describe('mergeRules', () => {
  it('does not make soft rules stronger', () => {
    const rules = Array.from({ length: 80 }, (_, i): Rule => ({
      epoch: i + 1,
      mode: 'stale',
      range: { bbox: [i, 0, i + 1, 1] },
    }));
    const [merged, ...rest] = mergeRules(rules);
    expect(rest).toEqual([]);
    expect(merged).toMatchObject({ epoch: 80, mode: 'stale' });
    expect(rangeHolds(merged!.range!, { z: 10, x: 512 + 110, y: 510 })).toBe(true);
    expect(rangeHolds(merged!.range!, { z: 10, x: 100, y: 510 })).toBe(false);
  });
});
