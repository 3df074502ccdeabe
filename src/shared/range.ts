import type { BBox, TileId, ZoomRange } from './tile';
import { boundsHold, tileBounds } from './tile-math';

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

/** True when the rule is about this tile; `undefined` stands for a URL without z/x/y. Constant time. */
export function rangeHolds(range: TileRange, tile: TileId | undefined): boolean {
  const { bbox, zooms, scope } = range;
  if (!tile) return scope ? scope === 'metadata' : !bbox && !zooms;
  if (scope === 'metadata') return false;
  if (zooms && (tile.z < zooms[0] || tile.z > zooms[1])) return false;
  return !bbox || boundsHold(tileBounds(bbox, tile.z, range.buffer ?? 1), tile);
}

/** The smallest box around all boxes: what it leaves out is their largest gap in longitude. */
function coverBoxes(boxes: readonly BBox[]): BBox {
  const south = Math.min(...boxes.map((box) => box[1]));
  const north = Math.max(...boxes.map((box) => box[3]));
  const sorted = [...boxes].sort((a, b) => a[0] - b[0]);
  // East edges unwrapped, so that a box across the antimeridian reaches beyond 180.
  const reach = (box: BBox) => (box[0] > box[2] ? box[2] + 360 : box[2]);
  let end = sorted[0]!;
  let west = -180;
  let east = 180;
  let widest = 0;
  sorted.forEach((box, i) => {
    if (reach(box) > reach(end)) end = box;
    const next = sorted[i + 1];
    const gap = (next ? next[0] : sorted[0]![0] + 360) - reach(end);
    if (gap > widest) {
      widest = gap;
      // Edges are taken over as they were given: arithmetic would round them inward.
      west = (next ?? sorted[0]!)[0];
      east = end[2];
    }
  });
  return [west, south, east, north];
}

const span = (zooms: readonly ZoomRange[]): ZoomRange => [
  Math.min(...zooms.map((zoom) => zoom[0])),
  Math.max(...zooms.map((zoom) => zoom[1])),
];

/** One range that holds whatever any of the ranges holds, and as little more as one range can say. */
export function coverAll(ranges: readonly TileRange[]): TileRange {
  const metadata = ranges.filter((range) => rangeHolds(range, undefined));
  if (metadata.length === ranges.length && ranges.every((range) => range.scope === 'metadata')) return { scope: 'metadata' };
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
