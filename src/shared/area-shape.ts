import type { BBox, TileId } from './tile';

/** A ring of `[longitude, latitude]`, its last point the first one again (RFC 7946 section 3.1.6). */
export type Ring = ReadonlyArray<readonly [longitude: number, latitude: number, ...rest: number[]]>;

/**
 * The bounds of a region: a box, or a GeoJSON geometry (RFC 7946; it ends at the antimeridian, so two polygons cross
 * it).
 */
export type RegionBounds =
  | BBox
  | { type: 'Polygon'; coordinates: readonly Ring[] }
  | { type: 'MultiPolygon'; coordinates: ReadonlyArray<readonly Ring[]> };

/** The tiles of Web Mercator that touch some bounds. */
export interface Area {
  /** Boxes that hold all of it. */
  boxes: readonly BBox[];
  /** Counts the tiles of a zoom that touch the area; may stop counting above `most`. */
  count(zoom: number, most?: number): number;
  /** The tiles of a zoom that lie in `root` and touch it, in the order of rows. `root` is of that zoom or a lower one. */
  within(root: TileId, zoom: number): TileId[];
  /** The tiles of a zoom that touch it, in an order that never changes. */
  tiles(zoom: number): Iterable<TileId>;
}
