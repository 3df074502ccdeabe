import fc from 'fast-check';
import type { BBox, TileId, ZoomRange } from '../../src/shared/tile';

/** A valid tile at any zoom up to `max`. */
export const tiles = (max = 22): fc.Arbitrary<TileId> =>
  fc.integer({ min: 0, max }).chain((z) =>
    fc.record({
      z: fc.constant(z),
      x: fc.integer({ min: 0, max: 2 ** z - 1 }),
      y: fc.integer({ min: 0, max: 2 ** z - 1 }),
    }),
  );

const degrees = (limit: number) =>
  fc.oneof(
    fc.double({ min: -limit, max: limit, noNaN: true }),
    fc.integer({ min: -limit, max: limit }),
    fc.constantFrom(-limit, 0, limit),
  );

/** A valid box; half of the boxes cross the antimeridian. */
export const boxes: fc.Arbitrary<BBox> = fc
  .tuple(degrees(180), degrees(90), degrees(180), degrees(90))
  .map(([west, a, east, b]) => [west, Math.min(a, b), east, Math.max(a, b)]);

export const zoomRanges = (max = 22): fc.Arbitrary<ZoomRange> =>
  fc.tuple(fc.integer({ min: 0, max }), fc.integer({ min: 0, max })).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

export const versions = fc.stringMatching(/^[!-~]{1,20}$/);

/** Layer names that a URL can carry: the segments '.' and '..' vanish from any path. */
export const layerNames = fc
  .oneof(
    fc.constantFrom(
      'roads',
      'roads_old',
      'fl ood',
      'Straßen',
      'a/b',
      'a?b#c',
      '100%',
      'x+y',
      '__proto__',
      'constructor',
      'a.b',
      'zq0x',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  )
  .filter((name) => name.length <= 128 && !/[\p{Cc}\p{Cs}]/u.test(name) && !/^\.\.?$/.test(name));
