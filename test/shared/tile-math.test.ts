import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  boundsHold,
  countTiles,
  flipY,
  isTile,
  MAX_LATITUDE,
  tileAt,
  tileBBox,
  tileBounds,
  tilesIn,
} from '../../src/shared/tile-math';
import { boxes, tiles } from './arbitraries';

describe('tileAt', () => {
  test.each([
    [0, 0, 0, { z: 0, x: 0, y: 0 }],
    [-74.006, 40.7128, 10, { z: 10, x: 301, y: 385 }], // New York
    [139.6917, 35.6895, 10, { z: 10, x: 909, y: 403 }], // Tokyo
    [-180, 90, 3, { z: 3, x: 0, y: 0 }],
    [180, -90, 3, { z: 3, x: 0, y: 7 }], // 180 is -180
    [540, 0, 1, { z: 1, x: 0, y: 1 }],
    [-0.0001, 0.0001, 1, { z: 1, x: 0, y: 0 }],
  ])('%f, %f at zoom %i', (longitude, latitude, zoom, tile) => {
    expect(tileAt(longitude, latitude, zoom)).toEqual(tile);
  });

  it('finds the tile whose box contains the point', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -180, max: 179.999999, noNaN: true }),
        fc.double({ min: -MAX_LATITUDE, max: MAX_LATITUDE, noNaN: true }),
        fc.integer({ min: 0, max: 20 }),
        (longitude, latitude, zoom) => {
          const tile = tileAt(longitude, latitude, zoom);
          const [west, south, east, north] = tileBBox(tile);
          expect(isTile(tile, 20)).toBe(true);
          expect(longitude).toBeGreaterThanOrEqual(west - 1e-9);
          expect(longitude).toBeLessThanOrEqual(east + 1e-9);
          expect(latitude).toBeGreaterThanOrEqual(south - 1e-9);
          expect(latitude).toBeLessThanOrEqual(north + 1e-9);
        },
      ),
    );
  });
});

describe('tileBounds', () => {
  it('contains the middle of a tile, and only that tile', () => {
    fc.assert(
      fc.property(tiles(), (tile) => {
        const [west, south, east, north] = tileBBox(tile);
        const middle = tileBounds(
          [(west * 3 + east) / 4, (south * 3 + north) / 4, (west + east * 3) / 4, (south + north * 3) / 4],
          tile.z,
        );
        expect([...tilesIn(middle)]).toEqual([tile]);
      }),
    );
  });

  it('contains the neighbours of a tile that touch its box', () => {
    expect([...tilesIn(tileBounds(tileBBox({ z: 5, x: 10, y: 12 }), 5))]).toHaveLength(9);
    expect(boundsHold(tileBounds([0, 0, 0, 0], 1), { z: 1, x: 0, y: 0 })).toBe(true);
    expect(boundsHold(tileBounds([0, 0, 0, 0], 1), { z: 1, x: 1, y: 1 })).toBe(true);
  });

  it('crosses the antimeridian where west > east', () => {
    const fiji = tileBounds([177, -20, -178, -15], 6);
    expect([...tilesIn(fiji)].map((tile) => tile.x)).toEqual([63, 0, 63, 0]);
    expect(boundsHold(fiji, { z: 6, x: 32, y: 35 })).toBe(false);
  });

  it('lists exactly its tiles, each once, and counts them', () => {
    fc.assert(
      fc.property(boxes, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 3 }), (bbox, zoom, buffer) => {
        const bounds = tileBounds(bbox, zoom, buffer);
        const listed = new Set([...tilesIn(bounds)].map((tile) => `${tile.x}/${tile.y}`));
        expect(listed.size).toBe(countTiles(bounds));
        expect([...tilesIn(bounds)]).toHaveLength(listed.size);
        for (let x = 0; x < 2 ** zoom; x++)
          for (let y = 0; y < 2 ** zoom; y++)
            expect(boundsHold(bounds, { z: zoom, x, y })).toBe(listed.has(`${x}/${y}`));
      }),
    );
  });

  it('grows with the buffer by that many tiles on each side, across the antimeridian too', () => {
    fc.assert(
      fc.property(boxes, tiles(12), fc.integer({ min: 0, max: 3 }), (bbox, tile, buffer) => {
        const size = 2 ** tile.z;
        const near = tileBounds(bbox, tile.z);
        let reached = false;
        for (let dx = -buffer; dx <= buffer; dx++)
          for (let dy = -buffer; dy <= buffer; dy++) {
            const y = tile.y + dy;
            if (y >= 0 && y < size && boundsHold(near, { z: tile.z, x: (((tile.x + dx) % size) + size) % size, y }))
              reached = true;
          }
        expect(boundsHold(tileBounds(bbox, tile.z, buffer), tile)).toBe(reached);
      }),
    );
  });

  it('clamps latitudes beyond Web Mercator to the first and last row', () => {
    expect([...tilesIn(tileBounds([0.1, 86, 0.2, 90], 4))]).toEqual([{ z: 4, x: 8, y: 0 }]);
    expect([...tilesIn(tileBounds([0.1, -90, 0.2, -86], 4))]).toEqual([{ z: 4, x: 8, y: 15 }]);
  });
});

it('flipping y twice changes nothing and swaps north and south', () => {
  expect(flipY(3, 0)).toBe(7);
  fc.assert(
    fc.property(tiles(30), ({ z, y }) => {
      expect(flipY(z, flipY(z, y))).toBe(y);
    }),
  );
});
