import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { TileId } from '../../src/shared/tile';
import { mercatorBox } from '../../src/shared/mercator-box';
import { quadkey } from '../../src/shared/quadkey';
import { flipY } from '../../src/shared/tile-math';

/** Returns the tile `levels` zooms above; `undefined` if there is none. */
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

const BOX = /-?\d[\d.e+-]*(?:(?:,|%2C)-?\d[\d.e+-]*){3}/gi;

/**
 * Yields copies of a URL in which the other tile's place replaces what may be this tile's: z, x, y, a quadkey or a box.
 */
function* candidates(url: string, start: number, tile: TileId, other: TileId): Generator<string> {
  const parts = url.slice(start).split(/(\d+)/);
  if (parts.length <= 2 * MAX_NUMBERS) {
    const places = (value: number) =>
      parts.flatMap((part, i) => (i % 2 && Number(part) === value ? [i] : [])).reverse();
    // Rows may count from the south.
    for (const row of [({ y }: TileId) => y, ({ z, y }: TileId) => flipY(z, y)])
      for (const y of places(row(tile)))
        for (const x of places(tile.x))
          for (const z of places(tile.z)) {
            if (x === y || x === z || y === z) continue;
            const changed = [...parts];
            changed[z] = String(other.z);
            changed[x] = String(other.x);
            changed[y] = String(row(other));
            yield url.slice(0, start) + changed.join('');
          }
  }
  const key = quadkey(tile);
  for (const [i, part] of parts.entries())
    if (part === key) yield url.slice(0, start) + parts.map((text, at) => (at === i ? quadkey(other) : text)).join('');
  yield url.replace(BOX, mercatorBox(other));
}

/**
 * Returns the URL of another tile of the layer; `undefined` if it cannot tell. It replaces what may be the tile's place
 * in the URL, and asks the matcher which of the candidates means the other tile. So it works for every template, with
 * the place in the path or the query, in any order.
 */
export function urlOf(
  url: string,
  tile: TileId,
  other: TileId,
  layer: Pick<ResolvedLayer, 'name'>,
  match: (url: string) => Pick<TileAddress, 'layer' | 'tile'> | undefined,
): string | undefined {
  // No number in the host is part of the tile's place.
  const start = url.indexOf('/', url.indexOf('//') + 2);
  if (start < 0) return undefined;
  for (const candidate of candidates(url, start, tile, other)) {
    const found = match(candidate);
    if (found?.layer.name !== layer.name || !found.tile) continue;
    if (found.tile.z === other.z && found.tile.x === other.x && found.tile.y === other.y) return candidate;
  }
  return undefined;
}
