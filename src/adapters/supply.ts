import type { TileId } from '../shared/tile';

/** A view of a map, in the map's own terms. */
export interface MapView {
  /** The center: longitude and latitude in degrees. */
  center: readonly [longitude: number, latitude: number];
  /** The map's zoom, which may differ from the tiles' zoom. */
  zoom: number;
}

/**
 * The extent of a view in fractional tiles of one zoom. Columns continue beyond the antimeridian, rows beyond the
 * poles.
 */
export interface TileBox {
  /** The zoom of the tiles. */
  z: number;
  /** The western edge, as a column. */
  west: number;
  /** The northern edge, as a row. */
  north: number;
  /** The eastern edge, as a column. */
  east: number;
  /** The southern edge, as a row. */
  south: number;
}

/** A tile request as the map makes it. */
export interface MapRequest {
  /** The tile's URL. */
  url: string;
  /** The options of the request. */
  init: RequestInit;
}

/** Gives access to a map's tiles, for code that requests tiles before the map does. */
export interface TileSupply {
  /** Returns the map's current view, or `undefined` while there is no map. */
  camera(): MapView | undefined;
  /**
   * Returns the tiles that the map would request at the view, without tilt; `undefined` if the layer shows nothing at
   * that zoom.
   */
  box(view: MapView): TileBox | undefined;
  /** Returns the number of columns around the world at a zoom, or `undefined` if columns do not wrap. */
  columns(z: number): number | undefined;
  /**
   * Returns the request for a tile of any zoom, numbered as in `TileCover`, or `undefined` if the source has no such
   * tile.
   */
  request(tile: TileId): MapRequest | undefined | Promise<MapRequest | undefined>;
}

/**
 * Returns the box around a point of the tile plane, for a map with the given size in pixels, rotated by an angle in
 * degrees.
 */
export function boxAround(
  z: number,
  center: { x: number; y: number },
  { width, height }: { width: number; height: number },
  tilePixels: number,
  turned = 0,
): TileBox {
  const angle = (turned * Math.PI) / 180;
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  const [x, y] = [width * cos + height * sin, width * sin + height * cos].map((pixels) => pixels / tilePixels / 2);
  return { z, west: center.x - x!, north: center.y - y!, east: center.x + x!, south: center.y + y! };
}
