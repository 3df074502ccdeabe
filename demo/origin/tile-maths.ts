import type { BBox, TileId } from '../../src/shared/tile';

/** The extent of a tile in its own units, as in vector tiles. */
export const EXTENT = 4096;

/** Projects a longitude to 0…1, eastwards from the antimeridian. */
export function projectX(longitude: number): number {
  return longitude / 360 + 0.5;
}

/** Projects a latitude to 0…1, southwards from the north edge of the Web Mercator square. */
export function projectY(latitude: number): number {
  const sine = Math.sin((latitude * Math.PI) / 180);
  const y = 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI;
  return Math.min(1, Math.max(0, y));
}

/** Returns the latitude at 0…1 from the north edge. */
export function unprojectY(y: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

/**
 * Returns a position in a tile's units of `EXTENT`. Outside the tile, it is below 0 or above `EXTENT`.
 */
export function inTile(longitude: number, latitude: number, { z, x, y }: TileId): [number, number] {
  const size = 2 ** z;
  return [Math.round((projectX(longitude) * size - x) * EXTENT), Math.round((projectY(latitude) * size - y) * EXTENT)];
}

/** Returns whether a box, which may cross the antimeridian, contains a position. */
export function inBox(longitude: number, latitude: number, [west, south, east, north]: BBox): boolean {
  if (latitude < south || latitude > north) return false;
  return west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east;
}
