import type { BBox, TileCrs, TileId } from './tile';
import { worldX, worldY } from './tile-math';

/**
 * The place of an image that is not a slippy-map tile, on the plane of its grid. x grows to the east and y to the
 * south, in fractions of the world's width, or for `simple` in the map's units.
 */
export interface TileArea {
  crs: TileCrs;
  /** Fractional if the image fits no zoom. */
  zoom: number;
  /** The width of a tile of this zoom. */
  size: number;
  west: number;
  north: number;
  east: number;
  south: number;
}

/** The place of a tile: what a rule about a box or about zooms needs. */
export type TilePlace = TileId | TileArea;

/** Pixels of a tile, and so the units of the `simple` map at zoom 0. */
const TILE_PIXELS = 256;
/** A box within this distance of an edge touches it: a fraction of the world's width, or of a tile for `simple`. */
const TOUCH = 1e-12;

/** Returns the width of a tile of a zoom on its plane. */
export function tileSize(crs: TileCrs, zoom: number): number {
  return (crs === 'simple' ? TILE_PIXELS : crs === 'EPSG:4326' ? 0.5 : 1) / 2 ** zoom;
}

/** Returns the place of a tile in a grid. */
export function placeOf(crs: TileCrs, tile: TileId): TilePlace {
  if (crs === 'EPSG:3857') return tile;
  const { z, x, y } = tile;
  const size = tileSize(crs, z);
  return { crs, zoom: z, size, west: x * size, north: y * size, east: (x + 1) * size, south: (y + 1) * size };
}

/**
 * Returns the tile that an area fills exactly, if there is one. `slack` is the fraction of a tile by which its edges
 * may be off.
 */
export function tileOf({ crs, west, north, east, south }: TileArea, slack = 1e-4): TileId | undefined {
  const z = Math.round(Math.log2(tileSize(crs, 0) / (east - west)));
  const size = tileSize(crs, z);
  const [x, y] = [Math.round(west / size), Math.round(north / size)];
  const off = [west / size - x, north / size - y, east / size - x - 1, south / size - y - 1];
  // Adding 0 turns `-0` into 0: they differ in keys and comparisons.
  return z >= 0 && off.every((share) => Math.abs(share) <= slack) ? { z, x: x + 0, y: y + 0 } : undefined;
}

/** Returns the zoom of a place; a fraction for an area between two zooms. */
export const zoomOf = (place: TilePlace): number => ('crs' in place ? place.zoom : place.z);

const wrap = (value: number) => value - Math.floor(value);

/**
 * Returns true if the area touches the box, extended by `buffer` tiles. Works across the antimeridian if the grid has
 * one.
 */
export function areaTouches(area: TileArea, [west, south, east, north]: BBox, buffer: number): boolean {
  const { crs, size } = area;
  const simple = crs === 'simple';
  const row = simple ? (y: number) => -y : crs === 'EPSG:3857' ? worldY : (latitude: number) => (90 - latitude) / 360;
  const reach = buffer * size + TOUCH * (simple ? size : 1);
  if (area.south < row(north) - reach || area.north > row(south) + reach) return false;
  if (simple) {
    const [right, left] = [area.east >= west - reach, area.west <= east + reach];
    // A box with `west > east` was made by merging; it covers what is outside.
    return west > east ? right || left : right && left;
  }
  const from = worldX(west) - reach;
  const width = worldX(east) + (west > east ? 1 : 0) + reach - from;
  return wrap(area.west - from) <= width || wrap(from - area.west) <= area.east - area.west;
}
