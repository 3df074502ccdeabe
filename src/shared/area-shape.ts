import type { BBox, TileId } from './tile';

/** A ring of `[longitude, latitude]`. Its last point equals the first (RFC 7946 section 3.1.6). */
export type Ring = ReadonlyArray<readonly [longitude: number, latitude: number, ...rest: number[]]>;

/**
 * The bounds of a region: a box, or a GeoJSON geometry (RFC 7946). A polygon ends at the antimeridian; an area that
 * crosses it needs two.
 */
export type RegionBounds =
  | BBox
  | { type: 'Polygon'; coordinates: readonly Ring[] }
  | { type: 'MultiPolygon'; coordinates: ReadonlyArray<readonly Ring[]> };

/** The tiles of Web Mercator that touch a region's bounds. */
export interface Area {
  /** Boxes that together contain the area. */
  boxes: readonly BBox[];
  /** Counts the tiles of a zoom that touch the area. May stop counting above `most`. */
  count(zoom: number, most?: number): number;
  /**
   * Returns the tiles of a zoom that lie in `root` and touch the area, row by row. The zoom of `root` must not be
   * higher.
   */
  within(root: TileId, zoom: number): TileId[];
  /** Returns the tiles of a zoom that touch the area, always in the same order. */
  tiles(zoom: number): Iterable<TileId>;
}
