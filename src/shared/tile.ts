/** A slippy-map tile in XYZ numbering: y grows southward from the north edge. */
export interface TileId {
  /** The zoom, from 0. */
  z: number;
  /** The column, from 0 in the west. */
  x: number;
  /** The row, from 0 in the north (XYZ). */
  y: number;
}

/** `[west, south, east, north]` in degrees of WGS 84. `west > east` crosses the antimeridian. */
export type BBox = readonly [west: number, south: number, east: number, north: number];

/** `[min, max]`, both included. */
export type ZoomRange = readonly [min: number, max: number];

/** The highest zoom of a layer that sets none. In a message, a range up to this zoom also covers all higher ones. */
export const MAX_ZOOM = 30;

/** The highest zoom that a layer may set. Up to here, 2^z columns are exact numbers. */
export const HIGHEST_ZOOM = 52;

/**
 * The grid of a layer's tiles. `EPSG:3857`: Web Mercator, 2^z by 2^z tiles. `EPSG:4326`: degrees, with twice as many
 * columns as rows. `simple`: the map's own units, one per pixel at zoom 0, without bounds.
 */
export type TileCrs = 'EPSG:3857' | 'EPSG:4326' | 'simple';
