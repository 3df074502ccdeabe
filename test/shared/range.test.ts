import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { coverAll, rangeHolds, type TileRange } from '../../src/shared/range';
import { tileBBox } from '../../src/shared/tile-math';
import { boxes, tiles, zoomRanges } from './arbitraries';

const ranges: fc.Arbitrary<TileRange> = fc.record(
  {
    bbox: boxes,
    zooms: zoomRanges(),
    buffer: fc.integer({ min: 0, max: 64 }),
    scope: fc.constantFrom('tiles' as const, 'metadata' as const),
  },
  { requiredKeys: [] },
);
const tileRanges = fc.record({ bbox: boxes, buffer: fc.integer({ min: 0, max: 64 }) }, { requiredKeys: ['bbox'] });

describe('rangeHolds', { timeout: 60_000 }, () => {
  const tile = { z: 10, x: 301, y: 385 };
  const newYork = [-74.3, 40.5, -73.7, 40.9] as const;
  test.each<[string, TileRange, boolean, boolean]>([
    // name, range, holds the tile, holds a metadata URL
    ['everything', {}, true, true],
    ['tiles', { scope: 'tiles' }, true, false],
    ['metadata', { scope: 'metadata' }, false, true],
    ['metadata with a box', { scope: 'metadata', bbox: newYork }, false, true],
    ['its zoom', { zooms: [10, 10] }, true, false],
    ['zooms below', { zooms: [0, 9] }, false, false],
    ['zooms above', { zooms: [11, 30] }, false, false],
    ['its box', { bbox: newYork }, true, false],
    ['its box at other zooms', { bbox: newYork, zooms: [0, 9] }, false, false],
    ['a box far away', { bbox: [0, 0, 10, 10] }, false, false],
    ['the world', { bbox: [-180, -90, 180, 90] }, true, false],
    ['a point that only the default buffer reaches', { bbox: [-74.3, 40.8, -74.2, 40.9] }, true, false],
    ['the same point without a buffer', { bbox: [-74.3, 40.8, -74.2, 40.9], buffer: 0 }, false, false],
  ])('%s', (_, range, holdsTile, holdsMetadata) => {
    expect(rangeHolds(range, tile)).toBe(holdsTile);
    expect(rangeHolds(range, undefined)).toBe(holdsMetadata);
  });

  it('contains the parent of each of its tiles: no seam between adjacent zooms', () => {
    // The tile is drawn next to the box, so that edges are hit often.
    const near = fc.tuple(
      tiles(30).filter((tile) => tile.z > 0),
      fc.integer({ min: 0, max: 3 }),
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 4, maxLength: 4 }),
    );
    fc.assert(
      fc.property(near, ([tile, buffer, shift]) => {
        const [west, south, east, north] = tileBBox(tile);
        const width = east - west;
        const clamp = (value: number, limit: number) => Math.max(-limit, Math.min(limit, value));
        const range: TileRange = {
          buffer,
          bbox: [
            clamp(west + shift[0]! * width, 180),
            clamp(Math.min(south, north) + shift[1]! * (north - south) - 1e-9, 90),
            clamp(east + shift[2]! * width, 180),
            clamp(Math.max(south, north) + 3 * (north - south), 90),
          ],
        };
        const parent = { z: tile.z - 1, x: tile.x >> 1, y: tile.y >> 1 };
        if (rangeHolds(range, tile)) expect(rangeHolds(range, parent)).toBe(true);
      }),
      { numRuns: 600 },
    );
    fc.assert(
      fc.property(
        tileRanges,
        tiles(30).filter((tile) => tile.z > 0),
        (range, tile) => {
          if (rangeHolds(range, tile))
            expect(rangeHolds(range, { z: tile.z - 1, x: tile.x >> 1, y: tile.y >> 1 })).toBe(true);
        },
      ),
      { numRuns: 600 },
    );
  });

  it('contains a child of each tile that it contains without a buffer', () => {
    fc.assert(
      fc.property(boxes, tiles(20), (bbox, { z, x, y }) => {
        const range = { bbox, buffer: 0 };
        const children = [0, 1].flatMap((i) => [0, 1].map((j) => ({ z: z + 1, x: 2 * x + i, y: 2 * y + j })));
        if (rangeHolds(range, { z, x, y })) expect(children.some((child) => rangeHolds(range, child))).toBe(true);
      }),
    );
  });

  it('contains a tile given the tile’s own box', () => {
    fc.assert(
      fc.property(tiles(30), (tile) => {
        expect(rangeHolds({ bbox: tileBBox(tile), buffer: 0 }, tile)).toBe(true);
      }),
    );
  });
});

describe('coverAll', { timeout: 60_000 }, () => {
  it('contains whatever one of the ranges contains', () => {
    fc.assert(
      fc.property(fc.array(ranges, { minLength: 1, maxLength: 6 }), tiles(), (all, tile) => {
        const cover = coverAll(all);
        for (const target of [tile, undefined])
          if (all.some((range) => rangeHolds(range, target))) expect(rangeHolds(cover, target)).toBe(true);
      }),
      { numRuns: 600 },
    );
  });

  it('contains the corners of every box, even when covered repeatedly', () => {
    const boxRanges = fc.array(tileRanges, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(boxRanges, fc.integer({ min: 0, max: 30 }), (all, zoom) => {
        const cover = all.reduce<TileRange>((sum, range) => coverAll([sum, range]), all[0]!);
        for (const { bbox } of all)
          for (const corner of [bbox![0], bbox![2]])
            for (const row of [bbox![1], bbox![3]]) {
              const probe = { bbox: [corner, row, corner, row] as const, buffer: 0 };
              // The tiles that contain the corner, found through the range itself.
              for (let z = Math.max(0, zoom - 2); z <= zoom; z++) {
                const size = 2 ** z;
                const x = Math.min(size - 1, Math.floor((corner / 360 + 0.5) * size));
                for (const y of [0, size - 1, size >> 1])
                  if (rangeHolds(probe, { z, x, y })) expect(rangeHolds(cover, { z, x, y })).toBe(true);
              }
            }
      }),
    );
  });

  test.each<[string, TileRange[], TileRange]>([
    ['one box', [{ bbox: [1, 2, 3, 4], buffer: 0 }], { scope: 'tiles', bbox: [1, 2, 3, 4], buffer: 0 }],
    [
      'two boxes',
      [{ bbox: [1, 2, 3, 4] }, { bbox: [10, 0, 12, 1], buffer: 5 }],
      { scope: 'tiles', bbox: [1, 0, 12, 4], buffer: 5 },
    ],
    [
      'boxes on both sides of the antimeridian',
      [{ bbox: [170, 0, 175, 1] }, { bbox: [-175, 0, -170, 1] }],
      { scope: 'tiles', bbox: [170, 0, -170, 1], buffer: 1 },
    ],
    [
      'a box across the antimeridian',
      [{ bbox: [170, 0, -170, 1] }, { bbox: [160, 0, 165, 1] }],
      { scope: 'tiles', bbox: [160, 0, -170, 1], buffer: 1 },
    ],
    [
      'boxes around the world',
      [{ bbox: [-180, 0, 0, 1] }, { bbox: [0, 0, 180, 1] }],
      { scope: 'tiles', bbox: [-180, 0, 180, 1], buffer: 1 },
    ],
    [
      'boxes and zooms',
      [
        { bbox: [1, 2, 3, 4], zooms: [3, 5] },
        { bbox: [1, 2, 3, 4], zooms: [8, 9] },
      ],
      { scope: 'tiles', bbox: [1, 2, 3, 4], zooms: [3, 9], buffer: 1 },
    ],
    ['one of them without a box', [{ bbox: [1, 2, 3, 4] }, { zooms: [8, 9] }], { scope: 'tiles' }],
    ['metadata alone', [{ scope: 'metadata' }, { scope: 'metadata' }], { scope: 'metadata' }],
    ['metadata and tiles', [{ scope: 'metadata' }, { bbox: [1, 2, 3, 4] }], {}],
    ['everything', [{}, { bbox: [1, 2, 3, 4] }], {}],
  ])('%s', (_, all, cover) => {
    expect(coverAll(all)).toEqual(cover);
  });
});
