import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTileList } from '../../../server/tiles/encode-tiles';
import { placeOf } from '../../../src/shared/tile-place';
import type { TileId } from '../../../src/shared/tile';
import { decodeTiles } from '../../../src/shared/tile-set';
import { coverRanges, isHeavy, rangesOf, ruleHolds, type RuleRange } from '../../../sw/ledger/rule-range';
import { addRule, coveredBy, MAX_RULES, type Rule } from '../../../sw/ledger/rules';
import { boxes, tiles, zoomRanges } from '../../shared/arbitraries';

function pack(...named: TileId[]): string {
  const list = createTileList();
  for (const tile of named) list.add(tile);
  return list.pack();
}
const setOf = (...named: TileId[]) => decodeTiles(pack(...named), 'tiles', 'INVALID_MANIFEST');
const around: RuleRange = { bbox: [-180, -90, 180, 90], buffer: 1, zooms: [0, 26] };

const ranges: fc.Arbitrary<RuleRange> = fc.oneof(
  fc.record({ bbox: boxes, zooms: zoomRanges(26) }),
  fc.array(tiles(8), { minLength: 1, maxLength: 6 }).map((named) => ({ ...around, tiles: setOf(...named) })),
);

describe('a range with a list of tiles', () => {
  const range: RuleRange = { ...around, tiles: setOf({ z: 5, x: 3, y: 4 }) };

  it('contains these tiles, and no URL without a place', () => {
    expect(ruleHolds(range, { z: 5, x: 3, y: 4 })).toBe(true);
    expect(ruleHolds(range, { z: 5, x: 4, y: 4 })).toBe(false);
    expect(ruleHolds(range, undefined)).toBe(false);
    expect(ruleHolds({ tiles: range.tiles! }, undefined)).toBe(false);
  });

  it('contains images in the box that are not tiles of the usual grid', () => {
    expect(ruleHolds(range, placeOf('EPSG:4326', { z: 5, x: 9, y: 9 }))).toBe(true);
    expect(ruleHolds({ ...range, bbox: [0, 0, 1, 1], buffer: 0 }, placeOf('EPSG:4326', { z: 5, x: 0, y: 0 }))).toBe(
      false,
    );
  });

  it('merged with others contains at least what each of them contains', () => {
    fc.assert(
      fc.property(
        fc.array(ranges, { minLength: 1, maxLength: 8 }),
        fc.array(tiles(8), { minLength: 20 }),
        (all, places) => {
          const covers = coverRanges(all);
          expect(covers.length).toBeLessThanOrEqual(2);
          for (const place of places)
            if (all.some((one) => ruleHolds(one, place)))
              expect(covers.some((one) => ruleHolds(one, place))).toBe(true);
        },
      ),
    );
  });

  it('merged only with lists contains no more than these', () => {
    const lists = Array.from({ length: 40 }, (_, i) => ({ ...around, tiles: setOf({ z: 8, x: i, y: i }) }));
    const [cover, ...none] = coverRanges(lists);
    expect(none).toEqual([]);
    expect(ruleHolds(cover!, { z: 8, x: 39, y: 39 })).toBe(true);
    expect(ruleHolds(cover!, { z: 8, x: 39, y: 38 })).toBe(false);
  });

  it('that is too large for the ledger becomes its bounding box', () => {
    const heavy = Array.from({ length: 300 }, (_, i) => ({ ...around, tiles: setOf({ z: 8, x: i % 256, y: 7 }) }));
    expect([isHeavy(heavy), isHeavy(heavy.slice(0, 256))]).toEqual([true, false]);
    const [cover] = coverRanges(heavy);
    expect(cover).not.toHaveProperty('tiles');
    expect(ruleHolds(cover!, { z: 8, x: 3, y: 200 })).toBe(true);
    let rules: Rule[] = [];
    heavy.forEach((range, i) => (rules = addRule(rules, { epoch: i + 1, mode: 'version', range })));
    expect(rules.length).toBeLessThanOrEqual(MAX_RULES);
    expect(isHeavy(rules.map((rule) => rule.range))).toBe(false);
    for (let x = 0; x < 256; x++) expect(coveredBy(rules, { z: 8, x, y: 7 }, 0)).toBe('version');
  });
});

describe('the changes of one version', () => {
  it('are combined from lists and boxes, or are the whole layer if one of them is', () => {
    const list = { from: 'a', bbox: [0, 0, 1, 1] as const, tiles: pack({ z: 3, x: 1, y: 1 }) };
    const more = { from: 'a', bbox: [5, 5, 6, 6] as const, tiles: '' };
    const box = { from: 'a', bbox: [10, 10, 11, 11] as const };
    expect(rangesOf([list, more])).toEqual([
      { scope: 'tiles', bbox: [0, 0, 6, 6], buffer: 1, tiles: setOf({ z: 3, x: 1, y: 1 }) },
    ]);
    expect(rangesOf([list, box])).toHaveLength(2);
    expect(rangesOf([list, { from: 'a' }])).toBeUndefined();
    expect(rangesOf([{ from: 'a', tiles: '' }])).toEqual([]);
    expect(() => rangesOf([{ from: 'a', tiles: 'AQMD' }])).toThrow(
      expect.objectContaining({ code: 'INVALID_MANIFEST', field: 'changes.tiles' }),
    );
  });
});
