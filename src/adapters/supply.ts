import type { TileId } from '../shared/tile';

/** Where a map looks, in its own terms. */
export interface MapView {
  /** Longitude and latitude in degrees. */
  center: readonly [longitude: number, latitude: number];
  /** The map's own zoom, not the tiles'. */
  zoom: number;
}

/** What a view shows, in tiles of one zoom and not rounded. Columns go on beyond the antimeridian, rows beyond the poles. */
export interface TileBox {
  /** The zoom of its tiles. */
  z: number;
  /** The column where it begins. */
  west: number;
  /** The row where it begins. */
  north: number;
  /** The column where it ends. */
  east: number;
  /** The row where it ends. */
  south: number;
}

/** A request as the map makes it. */
export interface MapRequest {
  /** The tile's URL. */
  url: string;
  /** How it is asked for. */
  init: RequestInit;
}

/** Where a map's tiles come from: for those who ask for tiles before the map does. */
export interface TileSupply {
  /** Where the map looks now; undefined while there is no map. */
  camera(): MapView | undefined;
  /** What the map would ask for if it looked there, without tilt; undefined where the layer shows nothing at that zoom. */
  box(view: MapView): TileBox | undefined;
  /** How many columns go round the world at a zoom; undefined where they do not go round. */
  columns(z: number): number | undefined;
  /** The request for a tile of any zoom, numbered as in `TileCover`; undefined where the source has no such tile. */
  request(tile: TileId): MapRequest | undefined | Promise<MapRequest | undefined>;
}

/** A box around a point of the tiles' plane, as wide and as high as a map of so many pixels, turned by an angle (degrees). */
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
