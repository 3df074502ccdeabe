import type { TileId } from './tile';

/** Returns the quadkey of a tile: one digit a zoom, made of one bit of x and one of y. At zoom 0 it is empty. */
export function quadkey({ z, x, y }: TileId): string {
  let key = '';
  for (let scale = 2 ** (z - 1); scale >= 1; scale /= 2)
    key += (Math.floor(x / scale) % 2) + 2 * (Math.floor(y / scale) % 2);
  return key;
}

/** Returns the tile of a quadkey. */
export function tileOfQuadkey(key: string): TileId {
  const tile = { z: key.length, x: 0, y: 0 };
  for (const digit of key) {
    tile.x = tile.x * 2 + (+digit % 2);
    tile.y = tile.y * 2 + Math.floor(+digit / 2);
  }
  return tile;
}
