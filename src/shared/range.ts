import { MAX_ZOOM, type BBox, type ZoomRange } from './tile';
import { boundsHold, tileBounds } from './tile-math';
import { areaTouches, zoomOf, type TilePlace } from './tile-place';

/** The URLs of a layer that a rule covers. An empty range covers all of them. */
export interface TileRange {
  /** Only tiles that touch this box. */
  bbox?: BBox;
  /** Only these zooms. */
  zooms?: ZoomRange;
  /** Number of tiles by which the box grows at each zoom. @default 1 */
  buffer?: number;
  /** `metadata`: only URLs without z/x/y. `tiles`: only URLs with them. */
  scope?: 'tiles' | 'metadata';
}

/**
 * Returns true if zooms include a zoom. A fractional zoom belongs to both of its neighbours; a maximum of `MAX_ZOOM`
 * stands for all zooms above it, too.
 */
const zoomsHold = ([min, max]: ZoomRange, zoom: number) => zoom > min - 1 && (zoom < max + 1 || max >= MAX_ZOOM);

/** Returns true if a range covers a tile. `undefined` stands for a URL without a place. Takes constant time. */
export function rangeHolds(range: TileRange, place: TilePlace | undefined): boolean {
  const { bbox, zooms, scope, buffer = 1 } = range;
  if (!place) return scope ? scope === 'metadata' : !bbox && !zooms;
  if (scope === 'metadata') return false;
  if (zooms && !zoomsHold(zooms, zoomOf(place))) return false;
  if (!bbox) return true;
  return 'crs' in place ? areaTouches(place, bbox, buffer) : boundsHold(tileBounds(bbox, place.z, buffer), place);
}

/** Returns the smallest box around all boxes. It leaves out their widest gap in longitude. */
function coverBoxes(boxes: readonly BBox[]): BBox {
  const rows = [Math.min(...boxes.map((box) => box[1])), Math.max(...boxes.map((box) => box[3]))] as const;
  // The units of a `simple` map, which does not wrap around.
  if (boxes.some(([west, , east]) => Math.max(Math.abs(west), Math.abs(east)) > 180))
    return [Math.min(...boxes.map((box) => box[0])), rows[0], Math.max(...boxes.map((box) => box[2])), rows[1]];
  const sorted = [...boxes].sort((a, b) => a[0] - b[0]);
  let west = -180;
  let east = 180;
  // A smaller gap is a rounding error.
  let widest = 1e-9;
  let end = -Infinity;
  let last = 180;
  // Go around the world twice: only then has the walk seen every box that crosses the antimeridian.
  for (const shift of [0, 360])
    for (const box of sorted) {
      const gap = box[0] + shift - end;
      // Take the edges as given: computed ones could be rounded inwards.
      if (shift && gap > widest) [widest, west, east] = [gap, box[0], last];
      const reach = box[2] + shift + (box[0] > box[2] ? 360 : 0);
      if (reach > end) [end, last] = [reach, box[2]];
    }
  return [west, rows[0], east, rows[1]];
}

const span = (zooms: readonly ZoomRange[]): ZoomRange => [
  Math.min(...zooms.map((zoom) => zoom[0])),
  Math.max(...zooms.map((zoom) => zoom[1])),
];

/** Returns the smallest range that covers all of the ranges. */
export function coverAll(ranges: readonly TileRange[]): TileRange {
  const metadata = ranges.filter((range) => rangeHolds(range, undefined));
  if (metadata.length === ranges.length && ranges.every((range) => range.scope === 'metadata'))
    return { scope: 'metadata' };
  if (metadata.length) return {};
  const boxes = ranges.flatMap((range) => (range.bbox ? [range.bbox] : []));
  const zooms = ranges.flatMap((range) => (range.zooms ? [range.zooms] : []));
  return {
    scope: 'tiles',
    ...(zooms.length === ranges.length && { zooms: span(zooms) }),
    ...(boxes.length === ranges.length && {
      bbox: coverBoxes(boxes),
      buffer: Math.max(...ranges.map((range) => range.buffer ?? 1)),
    }),
  };
}
