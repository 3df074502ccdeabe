import type { TileId } from '../../src/shared/tile';

/** The tile that a key names; `undefined` for a URL without z/x/y. */
export function tileOfKey(key: string): TileId | undefined {
  for (const [, z, x, y] of key.matchAll(/\/(\d{1,2})\/(\d{1,10})(?=\/(\d{1,10})(?:[@./?~]|$))/g)) {
    const tile = { z: Number(z), x: Number(x), y: Number(y) };
    if (tile.z <= 30 && tile.x < 2 ** (tile.z + 1) && tile.y < 2 ** tile.z) return tile;
  }
  return undefined;
}
