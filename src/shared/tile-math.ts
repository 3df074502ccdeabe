import type { BBox, TileCrs, TileId } from './tile';

/** The latitude where Web Mercator's square ends. */
export const MAX_LATITUDE = 85.0511287798066;

/** Half a hundredth of a tile at the highest zoom: boxes that touch a tile's edge within rounding touch the tile. */
const TOUCH = 1e-12;

/** Tiles of one zoom. `minX..maxX` is unwrapped: it may leave 0..2^zoom-1 at the antimeridian. */
export interface TileBounds {
  zoom: number;
  minX: number;
  maxX: number;
  minY: number;
  maxY: number;
}

/** Longitude as a share of the world's width, 0 at the antimeridian's east side. */
export function worldX(longitude: number): number {
  return longitude / 360 + 0.5;
}

/** Latitude as a share of the Web Mercator square, 0 at its north edge; the poles are clamped. */
export function worldY(latitude: number): number {
  const clamped = Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, latitude));
  const sine = Math.sin((clamped * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

const clamp = (value: number, size: number) => Math.max(0, Math.min(size - 1, value));
const wrap = (value: number, size: number) => ((value % size) + size) % size;

/** The tile that holds a point; a longitude outside [-180, 180) wraps, a latitude beyond Web Mercator is clamped. */
export function tileAt(longitude: number, latitude: number, zoom: number): TileId {
  const size = 2 ** zoom;
  return {
    z: zoom,
    x: wrap(Math.floor(worldX(longitude) * size), size),
    y: clamp(Math.floor(worldY(latitude) * size), size),
  };
}

/** The tiles of one zoom that touch a box, widened by `buffer` tiles; y is clamped, x stays unwrapped. */
export function tileBounds(bbox: BBox, zoom: number, buffer = 0): TileBounds {
  const size = 2 ** zoom;
  const [west, south, east, north] = bbox;
  // Shares of the world scale exactly by powers of two: neighbouring zooms cannot disagree about an edge.
  return {
    zoom,
    minX: Math.floor((worldX(west) - TOUCH) * size) - buffer,
    maxX: Math.floor((worldX(east) + (west > east ? 1 : 0) + TOUCH) * size) + buffer,
    minY: clamp(Math.floor((worldY(north) - TOUCH) * size) - buffer, size),
    maxY: clamp(Math.floor((worldY(south) + TOUCH) * size) + buffer, size),
  };
}

/** True when the tile lies in the bounds, across the antimeridian too. Constant time. */
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

/** The tiles of the bounds, row by row, each once. */
export function* tilesIn(bounds: TileBounds): Generator<TileId> {
  const size = 2 ** bounds.zoom;
  const last = Math.min(bounds.maxX, bounds.minX + size - 1);
  for (let y = bounds.minY; y <= bounds.maxY; y++)
    for (let x = bounds.minX; x <= last; x++) yield { z: bounds.zoom, x: wrap(x, size), y };
}

/** The row number in the other scheme (TMS counts y from the south); its own inverse. */
export function flipY(z: number, y: number): number {
  return 2 ** z - 1 - y;
}

/** The row number in the other scheme of a grid; the `simple` one is mirrored at its origin. Its own inverse. */
export function flipRow(crs: TileCrs, z: number, y: number): number {
  return crs === 'simple' ? -1 - y : flipY(z, y);
}

function latitudeOf(y: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

/** The box that a tile fills, in degrees. */
export function tileBBox({ z, x, y }: TileId): BBox {
  const size = 2 ** z;
  return [(x / size - 0.5) * 360, latitudeOf((y + 1) / size), ((x + 1) / size - 0.5) * 360, latitudeOf(y / size)];
}

/** True for integers with 0 <= x, y < 2^z. */
export function isTile({ z, x, y }: TileId, maxZoom: number): boolean {
  const size = 2 ** z;
  return [z, x, y].every((n) => Number.isInteger(n) && n >= 0) && z <= maxZoom && x < size && y < size;
}
