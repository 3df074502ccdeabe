import type { TileId } from '../shared/tile';

/** Returns `z/x/y`, for use as a key of maps and sets. */
export function tileKey({ z, x, y }: TileId): string {
  return `${z}/${x}/${y}`;
}

/** Returns the tile of a `tileKey`. */
export function tileOfKey(key: string): TileId {
  const [z, x, y] = key.split('/').map(Number) as [number, number, number];
  return { z, x, y };
}
