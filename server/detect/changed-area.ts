import type { BBox, TileId, ZoomRange } from '../../src/shared/tile';
import { createBoxes, shareOfLatitude } from '../publish/coalesce';
import type { Publication } from '../publish/publication';
import { createTileList } from '../tiles/encode-tiles';
import { MAX_LISTED_ZOOM } from '../tiles/tile-keys';

/** The part of a publication that names the changed area. Empty: the whole layer. */
export type Area = Partial<Pick<Publication, 'boxes' | 'tiles' | 'zooms'>>;

/** A shape's extent in degrees, as the database returns it: longitudes may exceed 180. */
export type Extent = readonly [west: number, south: number, east: number, north: number];

/** Number of tiles above which boxes are used instead. */
const MAX_TILES = 200_000;

/**
 * Returns the area of changed shapes: tiles if zooms are given and there are not too many, or else at most 16 boxes. A
 * shape with infinite extent (at a projection's edge) changes the whole layer.
 */
export function areaOf(extents: readonly Extent[], zooms: ZoomRange | undefined, buffer: number): Area {
  if (extents.some((extent) => !extent.every(Number.isFinite))) return {};
  const boxes = extents.map(boxOf);
  if (zooms && zooms[1] <= MAX_LISTED_ZOOM) {
    const tiles = listOf(boxes, zooms, buffer);
    if (tiles !== undefined) return { tiles };
  }
  const few = createBoxes();
  for (const box of boxes) few.add(box);
  return { boxes: few.result(), ...(zooms && { zooms }) };
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(-most, value));

function boxOf([west, south, east, north]: Extent): BBox {
  const [from, to] = [clamp(south, 90), clamp(north, 90)];
  if (east - west >= 360) return [-180, from, 180, to];
  const around = (degrees: number) => degrees - 360 * Math.floor((degrees + 180) / 360);
  // Keep 180° as it is: wrapped, the eastern edge of the world would become the western one.
  const inside = west >= -180 && east <= 180;
  return inside ? [west, from, east, to] : [around(west), from, around(east), to];
}

/** Returns the packed list, or `undefined` if there are too many tiles. */
function listOf(boxes: readonly BBox[], [min, max]: ZoomRange, buffer: number): string | undefined {
  const list = createTileList();
  for (const box of boxes)
    for (let z = min; z <= max; z++) {
      const { x0, x1, y0, y1 } = reach(box, z, buffer);
      if (list.size + (x1 - x0 + 1) * (y1 - y0 + 1) > MAX_TILES) return undefined;
      const size = 2 ** z;
      for (let x = x0; x <= x1; x++)
        for (let y = y0; y <= y1; y++) list.add({ z, x: ((x % size) + size) % size, y } satisfies TileId);
    }
  return list.pack();
}

/** Returns the columns and rows that a box touches with its buffer. Columns may lie beyond the antimeridian. */
function reach([west, south, east, north]: BBox, z: number, buffer: number) {
  const size = 2 ** z;
  const row = (degrees: number, by: number) =>
    Math.min(size - 1, Math.max(0, Math.floor(shareOfLatitude(degrees) * size + by)));
  const column = (degrees: number, by: number) => Math.floor((degrees / 360 + 0.5) * size + by);
  const [x0, x1] = [column(west, -buffer), column(west > east ? east + 360 : east, buffer)];
  // Do not count a column twice.
  return { x0, x1: Math.min(x1, x0 + size - 1), y0: row(north, -buffer), y1: row(south, buffer) };
}
