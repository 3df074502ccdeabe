/** A slippy-map tile in XYZ numbering: y grows southward from the north edge. */
export interface TileId {
  z: number;
  x: number;
  y: number;
}

/** `[west, south, east, north]` in degrees of WGS 84. `west > east` crosses the antimeridian. */
export type BBox = readonly [west: number, south: number, east: number, north: number];

/** `[min, max]`, both included. */
export type ZoomRange = readonly [min: number, max: number];

/** The highest zoom that any tile, range or message may name. */
export const MAX_ZOOM = 30;
