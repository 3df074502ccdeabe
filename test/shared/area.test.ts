import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArea, readBounds, type RegionBounds } from '../../src/shared/area';
import type { BBox, TileId } from '../../src/shared/tile';
import { countTiles, tileBounds, tilesIn } from '../../src/shared/tile-math';

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
  it('are those that rules mean, each once, across the antimeridian too', () => {
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

  it('are found block by block as well', () => {
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
  it('are those of the box that it is', () => {
    // The grid’s seam is within rounding of both its sides.
    const own = box.filter(([west, south, east, north]) => west > -179 && east < 179 && west < east && south < north);
    fc.assert(
      fc.property(own, fc.integer({ min: 0, max: 6 }), (bbox, zoom) => {
        const area = createArea({ type: 'Polygon', coordinates: [ring(bbox)] });
        expect(new Set([...area.tiles(zoom)].map(name))).toEqual(new Set([...createArea(bbox).tiles(zoom)].map(name)));
        expect(area.count(zoom)).toBe([...area.tiles(zoom)].length);
      }),
    );
  });

  it('leave out what only its box has, and holes', () => {
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

  it('hold each point of it', () => {
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
        // A point on an edge of a tile touches two; inside of the shape both are there.
        expect([...createArea(at).tiles(8)].map(name).some((tile) => mine.has(tile))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('bounds', () => {
  const bad: Array<[unknown, string]> = [
    ['x', 'bounds'],
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

  it('that are right come back', () => {
    const good: RegionBounds = { type: 'MultiPolygon', coordinates: [[ring([0, 0, 1, 1])]] };
    expect(readBounds(good, 'bounds', 'INVALID_OPTION')).toEqual(good);
  });
});
