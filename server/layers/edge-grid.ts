import type { BBox, TileCrs, TileId } from '../../src/shared/tile';
import { boundsHold, countTiles, tileBounds, tilesIn } from '../../src/shared/tile-math';

/**
 * The tiles of a zoom that touch a box widened by one tile, their number, and one tile in the middle of the box itself.
 */
export interface EdgeTiles {
  count: number;
  middle: TileId;
  tiles(): Iterable<TileId>;
}

const wrap = (value: number, size: number) => ((value % size) + size) % size;

/** Returns the tiles of a box, or `undefined` for a grid whose tiles cannot be named by a box in degrees. */
export function edgeTiles(crs: TileCrs, bbox: BBox, zoom: number): EdgeTiles | undefined {
  if (crs === 'simple') return undefined;
  const [bounds, own] = crs === 'EPSG:4326' ? [degrees(bbox, zoom, 1), degrees(bbox, zoom, 0)] : mercator(bbox, zoom);
  // EPSG:4326 has twice as many columns as rows, so count its columns as those of the next zoom.
  const columns = crs === 'EPSG:4326' ? zoom + 1 : zoom;
  const [x, y] = [Math.floor((own.minX + own.maxX) / 2), Math.floor((own.minY + own.maxY) / 2)];
  return {
    count: countTiles({ ...bounds, zoom: columns }),
    middle: { z: zoom, x: wrap(x, 2 ** columns), y },
    *tiles() {
      for (const tile of tilesIn({ ...bounds, zoom: columns })) yield { ...tile, z: zoom };
    },
  };
}

/** Returns whether the tile touches the box. Boxes never touch tiles of the `simple` grid. */
export function edgeTouches(crs: TileCrs, bbox: BBox, tile: TileId): boolean {
  if (crs === 'EPSG:3857') return boundsHold(tileBounds(bbox, tile.z), tile);
  const { minX, maxX, minY, maxY } = degrees(bbox, tile.z, 0);
  const columns = 2 ** (tile.z + 1);
  return crs === 'simple' || (tile.y >= minY && tile.y <= maxY && wrap(tile.x - minX, columns) <= maxX - minX);
}

const mercator = (bbox: BBox, zoom: number) => [tileBounds(bbox, zoom, 1), tileBounds(bbox, zoom)] as const;

/** Tolerance, so that a box that ends at a tile's edge within rounding counts as touching the tile. */
const TOUCH = 1e-12;

function degrees([west, south, east, north]: BBox, zoom: number, buffer: number) {
  const rows = 2 ** zoom;
  const row = (latitude: number, slack: number) => Math.floor(((90 - latitude) / 180 + slack) * rows);
  const column = (longitude: number, slack: number) => Math.floor((longitude / 360 + 0.5 + slack) * 2 * rows);
  const clamp = (y: number) => Math.max(0, Math.min(rows - 1, y));
  return {
    minX: column(west, -TOUCH) - buffer,
    maxX: column(east + (west > east ? 360 : 0), TOUCH) + buffer,
    minY: clamp(row(north, -TOUCH) - buffer),
    maxY: clamp(row(south, TOUCH) + buffer),
  };
}
