import type { TileBox } from '../adapters/supply';
import type { TileId } from '../shared/tile';

/** Tolerance, so that a box that ends at a tile's edge within rounding does not touch that tile. */
const TOUCH = 1e-6;

const edges = ({ west, north, east, south }: TileBox) => ({
  minX: Math.floor(west + TOUCH),
  maxX: Math.ceil(east - TOUCH) - 1,
  minY: Math.floor(north + TOUCH),
  maxY: Math.ceil(south - TOUCH) - 1,
});

/** Returns the number of tiles that a box touches. */
export function countIn(box: TileBox): number {
  const { minX, maxX, minY, maxY } = edges(box);
  return Math.max(0, maxX - minX + 1) * Math.max(0, maxY - minY + 1);
}

/** Returns the tiles that a box touches, from the middle outwards. Columns are not wrapped, and rows not clamped. */
export function tilesIn(box: TileBox): TileId[] {
  const { minX, maxX, minY, maxY } = edges(box);
  const tiles: TileId[] = [];
  for (let y = minY; y <= maxY; y++) for (let x = minX; x <= maxX; x++) tiles.push({ z: box.z, x, y });
  return nearestFirst(tiles, box);
}

/** Returns the box, enlarged by the given number of tiles on each side. */
export function grown({ z, west, north, east, south }: TileBox, by: number): TileBox {
  return { z, west: west - by, north: north - by, east: east + by, south: south + by };
}

/** Returns the box, moved by the given numbers of tiles. */
export function moved({ z, west, north, east, south }: TileBox, x: number, y: number): TileBox {
  return { z, west: west + x, north: north + y, east: east + x, south: south + y };
}

/** Returns the middle of a box. */
export function middle({ west, north, east, south }: TileBox): { x: number; y: number } {
  return { x: (west + east) / 2, y: (north + south) / 2 };
}

/** Returns the tile in the world's first copy. */
export function wrapped({ z, x, y }: TileId, columns: number | undefined): TileId {
  return { z, x: columns ? ((x % columns) + columns) % columns : x, y };
}

/** Returns the box in the copy of the world in which it is nearest to another box. */
export function nearest(box: TileBox, to: TileBox, columns: number | undefined): TileBox {
  return columns ? moved(box, Math.round((middle(to).x - middle(box).x) / columns) * columns, 0) : box;
}

/** Returns the overlap of two boxes: 0 if they are disjoint, 1 if they are equal. */
export function overlap(a: TileBox, b: TileBox): number {
  if (a.z !== b.z) return 0;
  const width = Math.min(a.east, b.east) - Math.max(a.west, b.west);
  const height = Math.min(a.south, b.south) - Math.max(a.north, b.north);
  const area = (box: TileBox) => (box.east - box.west) * (box.south - box.north);
  const common = Math.max(0, width) * Math.max(0, height);
  return common / (area(a) + area(b) - common);
}

/** Sorts tiles by their distance from a box's middle. */
export function nearestFirst(tiles: readonly TileId[], box: TileBox): TileId[] {
  const { x, y } = middle(box);
  const far = (tile: TileId) => Math.hypot(tile.x + 0.5 - x, tile.y + 0.5 - y);
  return [...tiles].sort((a, b) => far(a) - far(b));
}
