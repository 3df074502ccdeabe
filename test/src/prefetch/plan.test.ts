// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxAround, type TileBox } from '../../../src/adapters/supply';
import { tileKey } from '../../../src/screen/tile-key';
import { countIn, grown, nearest, overlap, tilesIn, wrapped } from '../../../src/prefetch/boxes';
import { keyOf, planSteps, planTarget, planTour, planView, wayOf } from '../../../src/prefetch/plan';

const columns = (z: number) => 2 ** z;
const none = () => undefined;
const share = (max: number) => fc.double({ min: 0, max, noNaN: true });

/** A view of a Mercator map, anywhere, also across the antimeridian and beyond the poles. */
const view = fc
  .record({ z: fc.integer({ min: 0, max: 20 }), x: share(1), y: share(1), width: share(8), height: share(6) })
  .map(({ z, x, y, width, height }): TileBox => {
    const center = { x: x * 2 ** z, y: y * 2 ** z };
    return boxAround(z, center, { width: 0.5 + width, height: 0.5 + height }, 1);
  });
const outOf = (box: TileBox, by: number): TileBox => {
  const [x, y] = [(box.west + box.east) / 2, (box.north + box.south) / 2];
  const size = { width: box.east - box.west, height: box.south - box.north };
  return boxAround(box.z - by, { x: x / 2 ** by, y: y / 2 ** by }, size, 1);
};
const way = fc.option(fc.record({ x: fc.double({ min: -9, max: 9, noNaN: true }), y: share(9) }), { nil: undefined });

describe('a box', () => {
  it('contains the tiles that it touches, and no others', () => {
    fc.assert(
      fc.property(view, (box) => {
        const tiles = tilesIn(box);
        expect(tiles).toHaveLength(countIn(box));
        for (const { x, y } of tiles) {
          expect(x < box.east && x + 1 > box.west).toBe(true);
          expect(y < box.south && y + 1 > box.north).toBe(true);
        }
      }),
    );
    expect(tilesIn({ z: 3, west: 1, north: 2, east: 3, south: 3 }).map(tileKey).sort()).toEqual(['3/1/2', '3/2/2']);
  });

  it('becomes wider and higher when rotated', () => {
    const box = boxAround(5, { x: 8, y: 8 }, { width: 512, height: 256 }, 256, 90);
    expect([box.east - box.west, box.south - box.north].map((n) => Math.round(n))).toEqual([1, 2]);
  });

  it('overlaps itself fully, in any copy of the world', () => {
    fc.assert(
      fc.property(view, fc.integer({ min: -3, max: 3 }), (box, copies) => {
        const away = { ...box, west: box.west + copies * columns(box.z), east: box.east + copies * columns(box.z) };
        expect(overlap(nearest(away, box, columns(box.z)), box)).toBeCloseTo(1);
      }),
    );
    expect(
      overlap({ z: 3, west: 0, north: 0, east: 1, south: 1 }, { z: 4, west: 0, north: 0, east: 1, south: 1 }),
    ).toBe(0);
  });
});

describe('what is fetched around a view', () => {
  it('is each tile once, none that is shown, and none unrelated to the view', () => {
    fc.assert(
      fc.property(
        view,
        way,
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 2 }),
        (now, way, ring, parents) => {
          const out = Array.from({ length: Math.min(parents, now.z) }, (_, i) => outOf(now, i + 1));
          const wants = planView({ now, way, out, ring, columns });
          const keys = wants.map(keyOf);
          expect(new Set(keys).size).toBe(keys.length);
          const shown = new Set(tilesIn(now).map((tile) => tileKey(wrapped(tile, columns(now.z)))));
          const around = new Set(tilesIn(grown(now, ring)).map((tile) => tileKey(wrapped(tile, columns(now.z)))));
          for (const want of wants) {
            expect(shown).not.toContain(keyOf(want));
            expect(want.tile.x).toBeGreaterThanOrEqual(0);
            expect(want.tile.x).toBeLessThan(columns(want.tile.z));
            if (want.reason === 'ring') expect(around).toContain(keyOf(want));
            if (want.reason === 'ahead') expect(want.tile.z).toBe(now.z);
            if (want.reason === 'parents' || want.reason === 'back') expect(want.tile.z).toBeLessThan(now.z);
          }
          // The ring is complete.
          for (const key of around) expect(shown.has(key) || keys.includes(key)).toBe(true);
        },
      ),
    );
  });

  it('includes all that the map would show one zoom out, last the tiles that its own tiles can replace', () => {
    fc.assert(
      fc.property(view, (now) => {
        fc.pre(now.z > 3);
        const out = outOf(now, 1);
        const keys = planView({ now, out: [out], ring: 1, columns }).map(keyOf);
        const shown = new Set(tilesIn(now).map(tileKey));
        const further = tilesIn(out).map(({ z, x, y }) => {
          const children = [0, 1, 2, 3].map((i) => tileKey({ z: z + 1, x: 2 * x + (i & 1), y: 2 * y + (i >> 1) }));
          const at = keys.indexOf(tileKey(wrapped({ z, x, y }, columns(z))));
          return { at, filled: children.every((child) => shown.has(child)) };
        });
        expect(further.every(({ at }) => at >= 0)).toBe(true);
        const last = Math.max(...further.map(({ at, filled }) => (filled ? -1 : at)));
        expect(further.every(({ at, filled }) => !filled || at > last)).toBe(true);
      }),
    );
  });

  it('begins in the direction of the movement', () => {
    const now = { z: 10, west: 100.5, north: 200.5, east: 103.5, south: 202.5 };
    const wants = planView({ now, way: { x: 0.7, y: 0 }, out: [undefined], ring: 1, columns });
    expect(wants.slice(0, 3).map(({ reason, tile }) => [reason, tile.x, tile.y])).toEqual([
      ['ahead', 104, 201],
      ['ahead', 104, 200],
      ['ahead', 104, 202],
    ]);
    expect(new Set(wants.slice(3).map(({ reason }) => reason))).toEqual(new Set(['ring']));
    // A map that turns next shows the tiles beside its path, and last those behind it.
    const above = wants.filter(({ tile }) => tile.y === 199).map(({ tile }) => tile.x);
    expect(above).toEqual([102, 103, 101, 104, 100, 99]);
    // A jump is no reason to fetch all tiles in between.
    const leap = planView({ now, way: { x: 300, y: 0 }, out: [], ring: 0, columns });
    expect(leap.every(({ tile }) => tile.x <= 107)).toBe(true);
  });

  it('distinguishes zooms that the map has shown before from those further out', () => {
    const now = { z: 10, west: 100.5, north: 200.5, east: 103.5, south: 202.5 };
    const wants = planView({ now, out: [outOf(now, 1), outOf(now, 2)], been: new Set([8, 10]), ring: 0, columns });
    const reasons = new Map(wants.map(({ tile, reason }) => [tile.z, reason]));
    expect(Object.fromEntries(reasons)).toEqual({ 9: 'parents', 8: 'back' });
  });

  it('is empty if the number of tiles is unbounded', () => {
    const huge = { z: 18, west: 0, north: 0, east: 2 ** 18, south: 2 ** 18 };
    expect(planView({ now: huge, out: [huge], ring: 1, columns })).toEqual([]);
    expect(planTarget(huge, columns)).toEqual([]);
    expect(planTour([huge, undefined], { z: 1, west: 0, north: 0, east: 1, south: 1 }, columns)).toEqual([]);
  });

  it('does not wrap around a grid that has edges', () => {
    const now = { z: 2, west: 3, north: 1, east: 4, south: 2 };
    expect(planView({ now, out: [], ring: 1, columns: none }).map(({ tile }) => tile.x)).toContain(4);
    expect(planView({ now, out: [], ring: 1, columns }).map(({ tile }) => tile.x)).toContain(0);
  });
});

describe('the path of a map', () => {
  it('leads across the antimeridian', () => {
    const before = { z: 4, west: 14.5, north: 5, east: 15.5, south: 6 };
    const now = { z: 4, west: -0.5, north: 5, east: 0.5, south: 6 };
    expect(wayOf(before, now, columns)).toEqual({ x: 1, y: 0 });
    expect(wayOf({ ...before, z: 5 }, now, columns)).toBeUndefined();
  });
});

describe('announced views', () => {
  const at = (x: number, z = 8): TileBox => ({ z, west: x, north: 10, east: x + 2, south: 11 });

  it('a tour continues after the shown view', () => {
    const boxes = [at(10), at(20), at(30)];
    const firsts = (now: TileBox) => [
      ...new Set(planTour(boxes, now, columns).map(({ tile }) => tile.x - (tile.x % 10))),
    ];
    expect(firsts(at(10))).toEqual([20, 30, 10]);
    expect(firsts(at(20.3))).toEqual([30, 10, 20]);
    expect(firsts(at(30))).toEqual([10, 20, 30]);
    expect(firsts(at(90))).toEqual([10, 20, 30]);
  });

  it('steps follow one after the other', () => {
    const wants = planSteps(['b', 'c'], tilesIn(at(10)), columns);
    expect(wants.map(keyOf)).toEqual(['8/10/10 b', '8/11/10 b', '8/10/10 c', '8/11/10 c']);
  });
});
