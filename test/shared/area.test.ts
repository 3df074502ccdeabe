import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArea, readBounds, type RegionBounds } from '../../src/shared/area';
import type { BBox, TileId } from '../../src/shared/tile';
import { countTiles, tileAt, tileBounds, tilesIn } from '../../src/shared/tile-math';

const name = ({ z, x, y }: TileId) => `${z}/${x}/${y}`;
const ring = ([west, south, east, north]: BBox) =>
  [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ] as const;
const degrees = (max: number) => fc.double({ min: -max, max, noNaN: true });
const box = fc
  .tuple(degrees(180), degrees(84), degrees(180), degrees(84))
  .map(([west, a, east, b]): BBox => [west, Math.min(a, b), east, Math.max(a, b)]);

describe('the tiles of a box', () => {
  it('are those of the plain formula, each once, also across the antimeridian', () => {
    fc.assert(
      fc.property(box, fc.integer({ min: 0, max: 6 }), (bbox, zoom) => {
        const area = createArea(bbox);
        const tiles = [...area.tiles(zoom)].map(name);
        const wanted = new Set([...tilesIn(tileBounds(bbox, zoom))].map(name));
        expect(new Set(tiles)).toEqual(wanted);
        expect(tiles.length).toBe(wanted.size);
        expect(area.count(zoom)).toBe(countTiles(tileBounds(bbox, zoom)));
      }),
    );
  });

  it('can be listed block by block as well', () => {
    fc.assert(
      fc.property(box, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 }), (bbox, zoom, up) => {
        const area = createArea(bbox);
        const inBlocks = [...area.tiles(zoom)].flatMap((root) => area.within(root, zoom + up)).map(name);
        expect(new Set(inBlocks)).toEqual(new Set([...area.tiles(zoom + up)].map(name)));
        expect(inBlocks.length).toBe(area.count(zoom + up));
      }),
    );
  });
});

describe('the tiles of a polygon', () => {
  it('are those of the box if it is one', () => {
    // Rounding may put the grid’s seam on either side.
    const own = box.filter(([west, south, east, north]) => west > -179 && east < 179 && west < east && south < north);
    fc.assert(
      fc.property(own, fc.integer({ min: 0, max: 6 }), (bbox, zoom) => {
        const area = createArea({ type: 'Polygon', coordinates: [ring(bbox)] });
        expect(new Set([...area.tiles(zoom)].map(name))).toEqual(new Set([...createArea(bbox).tiles(zoom)].map(name)));
        expect(area.count(zoom)).toBe([...area.tiles(zoom)].length);
      }),
    );
  });

  it('exclude tiles that only its box touches, and holes', () => {
    const triangle = createArea({
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [40, 0],
          [0, 40],
          [0, 0],
        ],
      ],
    });
    const tiles = [...triangle.tiles(6)].map(name);
    expect(tiles.length).toBeLessThan(createArea([0, 0, 40, 40]).count(6));
    // Far from the long side.
    expect(tiles).not.toContain('6/38/25');
    expect(tiles).toContain('6/33/30');
    const frame = createArea({ type: 'Polygon', coordinates: [ring([0, 0, 40, 40]), ring([10, 10, 30, 30])] });
    expect([...frame.tiles(7)].map(name)).not.toContain('7/71/56');
    expect(frame.count(7)).toBe([...frame.tiles(7)].length);
    expect(frame.count(7)).toBeLessThan(createArea([0, 0, 40, 40]).count(7));
  });

  it('contain each of its points', () => {
    const shape = {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [40, 5],
          [25, 40],
          [0, 0],
        ],
      ],
    } as const;
    const area = createArea(shape);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        const [u, v] = a + b > 1 ? [1 - a, 1 - b] : [a, b];
        const at: BBox = [40 * u + 25 * v, 5 * u + 40 * v, 40 * u + 25 * v, 5 * u + 40 * v];
        const mine = new Set([...area.tiles(8)].map(name));
        // A point on a tile edge touches two tiles; inside the shape both are present.
        expect([...createArea(at).tiles(8)].map(name).some((tile) => mine.has(tile))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

/** The definition for one point: in some polygon's outer ring and in none of its holes. */
const holdsPoint = (polygons: ReadonlyArray<ReadonlyArray<ReadonlyArray<readonly [number, number]>>>, at: number[]) => {
  const inRing = (points: ReadonlyArray<readonly [number, number]>) =>
    points.slice(1).filter(([x2, y2], i) => {
      const [x1, y1] = points[i]!;
      return y1 > at[1]! !== y2 > at[1]! && at[0]! < ((x2 - x1) * (at[1]! - y1)) / (y2 - y1) + x1;
    }).length %
      2 ===
    1;
  return polygons.some(([outer, ...holes]) => inRing(outer!) && !holes.some(inRing));
};

describe('the tiles of odd polygons', () => {
  const at = fc.integer({ min: -8, max: 8 }).map((step) => step * 5);
  const anyRing = fc
    .array(fc.tuple(at, at), { minLength: 3, maxLength: 7 })
    .map((points) => [...points, points[0]!] as ReadonlyArray<readonly [number, number]>);
  const shapes = fc.array(fc.array(anyRing, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });

  it('contain each point: of overlapping polygons, self-crossing rings, and holes anywhere', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.double({ min: -44, max: 44, noNaN: true }),
        fc.double({ min: -44, max: 44, noNaN: true }),
        (coordinates, x, y) => {
          const area = createArea({ type: 'MultiPolygon', coordinates });
          const tile = tileAt(x, y, 5);
          const mine = [...area.tiles(5)].map(name);
          expect(area.count(5)).toBe(mine.length);
          expect(new Set(mine).size).toBe(mine.length);
          // Sides are straight on the map, but here in degrees: a point close to one may be on either side.
          const around = [-0.4, 0.4].flatMap((dx) =>
            [-0.4, 0.4].map((dy) => holdsPoint(coordinates, [x + dx, y + dy])),
          );
          if (holdsPoint(coordinates, [x, y]) && !around.includes(false)) expect(mine).toContain(name(tile));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are those of both if two overlap, and lie in their boxes', () => {
    const [a, b]: [BBox, BBox] = [
      [0, 0, 20, 20],
      [10, 10, 30, 30],
    ];
    const area = createArea({ type: 'MultiPolygon', coordinates: [[ring(a)], [ring(b)]] });
    const both = new Set([a, b].flatMap((one) => [...createArea(one).tiles(8)].map(name)));
    expect(new Set([...area.tiles(8)].map(name))).toEqual(both);
  });

  it('lie in its box, wherever a hole extends', () => {
    const area = createArea({ type: 'Polygon', coordinates: [ring([0, 0, 10, 10]), ring([5, 5, 20, 20])] });
    const isHeld = (tile: TileId) =>
      area.boxes.some((one) => [...tilesIn(tileBounds(one, 7))].some((other) => name(other) === name(tile)));
    expect([...area.tiles(7)].filter((tile) => !isHeld(tile))).toEqual([]);
  });

  it.each<[string, BBox]>([
    ['the north pole', [-180, 86, 180, 90]],
    ['the south pole', [-180, -90, 180, -86]],
    ['the whole world', [-180, -90, 180, 90]],
    ['the antimeridian from the west', [170, -10, 180, 10]],
    ['the antimeridian from the east', [-180, -10, -170, 10]],
  ])('are those of the box at %s', (_, bbox) => {
    const area = createArea({ type: 'Polygon', coordinates: [ring(bbox)] });
    const own = new Set([...area.tiles(4)].map(name));
    const seam = (tile: string) => /^4\/(0|15)\//.test(tile);
    const boxed = [...createArea(bbox).tiles(4)].map(name);
    expect([...own].filter((tile) => !boxed.includes(tile))).toEqual([]);
    // Only rounding touches the neighbour across the seam.
    expect(boxed.filter((tile) => !own.has(tile) && !seam(tile))).toEqual([]);
    expect(own.size).toBeGreaterThan(0);
  });

  it('without an area are those that it touches', () => {
    const flat = [
      [3, 3],
      [30, 3],
      [3, 3],
      [3, 3],
    ] as const;
    const area = createArea({ type: 'Polygon', coordinates: [flat] });
    expect([...area.tiles(6)].map(name)).toEqual([32, 33, 34, 35, 36, 37].map((x) => `6/${x}/31`));
    const point = createArea({ type: 'Polygon', coordinates: [[flat[0], flat[0], flat[0], flat[0]]] });
    expect([...point.tiles(9)].length).toBe(1);
  });
});

describe('bounds', () => {
  const gaps: unknown[] = [];
  gaps.length = 5;
  const bad: Array<[unknown, string]> = [
    ['x', 'bounds'],
    [{ type: 'Polygon', coordinates: [gaps] }, 'bounds.coordinates[0][0][0]'],
    [{ type: 'Polygon', coordinates: gaps }, 'bounds.coordinates[0]'],
    [{ type: 'MultiPolygon', coordinates: gaps }, 'bounds.coordinates[0]'],
    [[0, 0, 1], 'bounds'],
    [[0, 0, 181, 1], 'bounds[2]'],
    [[0, 2, 1, 1], 'bounds[1]'],
    [{ type: 'Point', coordinates: [0, 0] }, 'bounds.type'],
    [{ type: 'Polygon', coordinates: [] }, 'bounds.coordinates'],
    [
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 1],
          ],
        ],
      },
      'bounds.coordinates[0]',
    ],
    [
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [1, 91],
            [0, 0],
          ],
        ],
      },
      'bounds.coordinates[0][2][1]',
    ],
    [
      {
        type: 'MultiPolygon',
        coordinates: [
          [
            [
              [0, 0],
              [NaN, 0],
              [1, 1],
              [0, 0],
            ],
          ],
        ],
      },
      'bounds.coordinates[0][0][1][0]',
    ],
  ];
  it.each(bad)('%j is refused, naming %s', (value, field) => {
    expect(() => readBounds(value, 'bounds', 'INVALID_OPTION')).toThrow(expect.objectContaining({ field }) as Error);
  });

  it('that are valid are returned', () => {
    const good: RegionBounds = { type: 'MultiPolygon', coordinates: [[ring([0, 0, 1, 1])]] };
    expect(readBounds(good, 'bounds', 'INVALID_OPTION')).toEqual(good);
  });
});
