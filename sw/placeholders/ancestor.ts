import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { TileId } from '../../src/shared/tile';
import { flipY } from '../../src/shared/tile-math';

/** The tile `levels` zooms above; `undefined` above zoom 0. */
export function ancestorOf({ z, x, y }: TileId, levels: number): TileId | undefined {
  const scale = 2 ** levels;
  return z < levels ? undefined : { z: z - levels, x: Math.floor(x / scale), y: Math.floor(y / scale) };
}

/** Where a tile lies in one above it, as shares of that one's width and height. */
export interface Cut {
  left: number;
  top: number;
  size: number;
}

/** The part of `ancestor` that the tile fills. */
export function cutOf(tile: TileId, ancestor: TileId): Cut {
  const scale = 2 ** (tile.z - ancestor.z);
  return { left: tile.x / scale - ancestor.x, top: tile.y / scale - ancestor.y, size: 1 / scale };
}

/** A URL has few numbers that may be z, x or y; more than this is no tile's. */
const MAX_NUMBERS = 16;

/**
 * The URL of another tile of the layer: the numbers that are this tile's z, x and y are exchanged for the other's, and
 * the matcher says which of them they were. So it works for every template, in path or query, in any order.
 */
export function urlOf(
  url: string,
  tile: TileId,
  other: TileId,
  layer: Pick<ResolvedLayer, 'name' | 'scheme'>,
  match: (url: string) => Pick<TileAddress, 'layer' | 'tile'> | undefined,
): string | undefined {
  // Numbers of the host are not the tile's.
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const parts = url.slice(start).split(/(\d+)/);
  if (start < 0 || parts.length > 2 * MAX_NUMBERS) return undefined;
  const row = ({ z, y }: TileId) => (layer.scheme === 'tms' ? flipY(z, y) : y);
  const places = (value: number) => parts.flatMap((part, i) => (i % 2 && Number(part) === value ? [i] : [])).reverse();
  for (const y of places(row(tile)))
    for (const x of places(tile.x))
      for (const z of places(tile.z)) {
        if (x === y || x === z || y === z) continue;
        const changed = [...parts];
        changed[z] = String(other.z);
        changed[x] = String(other.x);
        changed[y] = String(row(other));
        const candidate = url.slice(0, start) + changed.join('');
        const found = match(candidate);
        if (found?.layer.name !== layer.name || !found.tile) continue;
        if (found.tile.z === other.z && found.tile.x === other.x && found.tile.y === other.y) return candidate;
      }
  return undefined;
}
