import type { TileId } from '../shared/tile';

/** `z/x/y`: tiles as keys of maps and sets. */
export function tileKey({ z, x, y }: TileId): string {
  return `${z}/${x}/${y}`;
}

/** The tile of a `tileKey`. */
export function tileOfKey(key: string): TileId {
  const [z, x, y] = key.split('/').map(Number) as [number, number, number];
  return { z, x, y };
}
