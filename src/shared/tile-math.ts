import type { BBox, TileCrs, TileId } from './tile';

/** The latitude at which the square of Web Mercator ends. */
export const MAX_LATITUDE = 85.0511287798066;

/**
 * Fraction of the world's width. A box within this distance of a tile's edge touches the tile; at zoom 30 this is a
 * thousandth of a tile.
 */
const TOUCH = 1e-12;

/** A range of tiles of one zoom. `minX..maxX` is not wrapped: at the antimeridian it may leave 0..2^zoom-1. */
export interface TileBounds {
  zoom: number;
  minX: number;
  maxX: number;
  minY: number;
  maxY: number;
}

/** Returns a longitude as a fraction of the world's width, starting at the antimeridian. */
export function worldX(longitude: number): number {
  return longitude / 360 + 0.5;
}

/** Returns a latitude as a fraction of the Web Mercator square, 0 at the north edge. Clamps the poles. */
export function worldY(latitude: number): number {
  const clamped = Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, latitude));
  const sine = Math.sin((clamped * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

const clamp = (value: number, size: number) => Math.max(0, Math.min(size - 1, value));
const wrap = (value: number, size: number) => ((value % size) + size) % size;

/**
 * Returns the tile that contains a point. Wraps a longitude outside [-180, 180), and clamps a latitude beyond Web
 * Mercator.
 */
export function tileAt(longitude: number, latitude: number, zoom: number): TileId {
  const size = 2 ** zoom;
  return {
    z: zoom,
    x: wrap(Math.floor(worldX(longitude) * size), size),
    y: clamp(Math.floor(worldY(latitude) * size), size),
  };
}

/** Returns the tiles of a zoom that touch a box, extended by `buffer` tiles. Clamps y, and leaves x unwrapped. */
export function tileBounds(bbox: BBox, zoom: number, buffer = 0): TileBounds {
  const size = 2 ** zoom;
  const [west, south, east, north] = bbox;
  // Fractions of the world scale exactly by powers of two, so neighbouring zooms agree about every edge.
  return {
    zoom,
    minX: Math.floor((worldX(west) - TOUCH) * size) - buffer,
    maxX: Math.floor((worldX(east) + (west > east ? 1 : 0) + TOUCH) * size) + buffer,
    minY: clamp(Math.floor((worldY(north) - TOUCH) * size) - buffer, size),
    maxY: clamp(Math.floor((worldY(south) + TOUCH) * size) + buffer, size),
  };
}

/** Returns true if the bounds contain the tile, also across the antimeridian. Takes constant time. */
export function boundsHold(bounds: TileBounds, tile: TileId): boolean {
  return (
    tile.z === bounds.zoom &&
    tile.y >= bounds.minY &&
    tile.y <= bounds.maxY &&
    wrap(tile.x - bounds.minX, 2 ** tile.z) <= bounds.maxX - bounds.minX
  );
}

/** Returns the number of tiles within the bounds. */
export function countTiles({ zoom, minX, maxX, minY, maxY }: TileBounds): number {
  return Math.min(maxX - minX + 1, 2 ** zoom) * (maxY - minY + 1);
}

/** Returns the tiles of the bounds, row by row, each once. */
export function* tilesIn(bounds: TileBounds): Generator<TileId> {
  const size = 2 ** bounds.zoom;
  const last = Math.min(bounds.maxX, bounds.minX + size - 1);
  for (let y = bounds.minY; y <= bounds.maxY; y++)
    for (let x = bounds.minX; x <= last; x++) yield { z: bounds.zoom, x: wrap(x, size), y };
}

/** Converts a row number between XYZ and TMS, which counts from the south. It is its own inverse. */
export function flipY(z: number, y: number): number {
  return 2 ** z - 1 - y;
}

/**
 * Converts a row number between the schemes of a grid. The `simple` grid is mirrored at its origin. It is its own
 * inverse.
 */
export function flipRow(crs: TileCrs, z: number, y: number): number {
  return crs === 'simple' ? -1 - y : flipY(z, y);
}

function latitudeOf(y: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

/** Returns the box of a tile in degrees. */
export function tileBBox({ z, x, y }: TileId): BBox {
  const size = 2 ** z;
  return [(x / size - 0.5) * 360, latitudeOf((y + 1) / size), ((x + 1) / size - 0.5) * 360, latitudeOf(y / size)];
}

/** Returns true for integers with 0 <= x, y < 2^z. */
export function isTile({ z, x, y }: TileId, maxZoom: number): boolean {
  const size = 2 ** z;
  return [z, x, y].every((n) => Number.isInteger(n) && n >= 0) && z <= maxZoom && x < size && y < size;
}
