import { MAX_ZOOM, type BBox, type ZoomRange } from './tile';
import { boundsHold, tileBounds } from './tile-math';
import { areaTouches, zoomOf, type TilePlace } from './tile-place';

/** Which URLs of a layer a rule is about; with nothing in it, all of them. */
export interface TileRange {
  /** Only tiles that touch this box. */
  bbox?: BBox;
  /** Only these zooms. */
  zooms?: ZoomRange;
  /** Tiles by which the box is widened at each zoom. @default 1 */
  buffer?: number;
  /** `metadata`: only URLs without z/x/y; `tiles`: only those with. */
  scope?: 'tiles' | 'metadata';
}

/** What lies between two zooms is of both; the highest that a range can name stands for those above it. */
const zoomsHold = ([min, max]: ZoomRange, zoom: number) => zoom > min - 1 && (zoom < max + 1 || max >= MAX_ZOOM);

/** True when the rule is about this tile; `undefined` stands for a URL without a place. Constant time. */
export function rangeHolds(range: TileRange, place: TilePlace | undefined): boolean {
  const { bbox, zooms, scope, buffer = 1 } = range;
  if (!place) return scope ? scope === 'metadata' : !bbox && !zooms;
  if (scope === 'metadata') return false;
  if (zooms && !zoomsHold(zooms, zoomOf(place))) return false;
  if (!bbox) return true;
  return 'crs' in place ? areaTouches(place, bbox, buffer) : boundsHold(tileBounds(bbox, place.z, buffer), place);
}

/** The smallest box around all boxes: what it leaves out is their widest gap in longitude. */
function coverBoxes(boxes: readonly BBox[]): BBox {
  const rows = [Math.min(...boxes.map((box) => box[1])), Math.max(...boxes.map((box) => box[3]))] as const;
  // Not degrees but a map's own units, which do not go around.
  if (boxes.some(([west, , east]) => Math.max(Math.abs(west), Math.abs(east)) > 180))
    return [Math.min(...boxes.map((box) => box[0])), rows[0], Math.max(...boxes.map((box) => box[2])), rows[1]];
  const sorted = [...boxes].sort((a, b) => a[0] - b[0]);
  let west = -180;
  let east = 180;
  // Less is no gap but rounding.
  let widest = 1e-9;
  let end = -Infinity;
  let last = 180;
  // Twice around the world: only the second time every box that crosses the antimeridian is known.
  for (const shift of [0, 360])
    for (const box of sorted) {
      const gap = box[0] + shift - end;
      // Edges are taken over as they were given: arithmetic would round them inward.
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

/** One range that holds whatever any of the ranges holds, and as little more as one range can say. */
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
