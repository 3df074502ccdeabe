import type { TileId, ZoomRange } from '../../src/shared/tile';

/** The highest zoom of a list, whose keys are still exact numbers. */
export const MAX_LISTED_ZOOM = 26;

/** The sorted, distinct keys of tiles of one zoom, in Z order. */
export type Keys = Float64Array<ArrayBuffer>;

/** Spreads the bits of a 13-bit number to every second bit. */
function spread(value: number): number {
  let bits = value;
  bits = (bits | (bits << 8)) & 0x00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x33333333;
  return (bits | (bits << 1)) & 0x55555555;
}

const HALF = 2 ** 13;

/** Returns the position of a tile in Z order. A parent's position is a quarter of its children's, rounded down. */
export function keyOf({ x, y }: Pick<TileId, 'x' | 'y'>): number {
  const low = spread(x % HALF) | (spread(y % HALF) << 1);
  return (spread(Math.floor(x / HALF)) | (spread(Math.floor(y / HALF)) << 1)) * HALF * HALF + low;
}

/** Returns the keys sorted, without duplicates. */
export function sorted(keys: Iterable<number>): Keys {
  const all = Float64Array.from(keys).sort();
  let count = 0;
  for (const key of all) if (count === 0 || all[count - 1] !== key) all[count++] = key;
  return all.slice(0, count);
}

export function ancestors(keys: Keys, levels: number): Keys {
  let count = 0;
  const result = new Float64Array(keys.length);
  for (const key of keys) {
    const parent = Math.floor(key / 4 ** levels);
    if (count === 0 || result[count - 1] !== parent) result[count++] = parent;
  }
  return result.slice(0, count);
}

const equal = (a: Keys, b: Keys) => a.length === b.length && a.every((key, i) => key === b[i]);

/** The content of one tree: everything below the keys of each zoom. */
export interface Part {
  zooms: ZoomRange;
  keys: ReadonlyMap<number, Keys>;
}

/** Groups zooms into trees. A zoom shares a tree with the zoom below it if its tiles are exactly the parents. */
export function partsOf(byZoom: ReadonlyMap<number, Keys>): Part[] {
  const parts: Part[] = [];
  let above: { zoom: number; keys: Keys } | undefined;
  for (const zoom of [...byZoom.keys()].sort((a, b) => b - a)) {
    const keys = byZoom.get(zoom)!;
    const last = parts.at(-1);
    if (last && above?.zoom === zoom + 1 && equal(ancestors(above.keys, 1), keys)) last.zooms = [zoom, last.zooms[1]];
    else parts.push({ zooms: [zoom, zoom], keys: new Map([[zoom, keys]]) });
    above = { zoom, keys };
  }
  return parts.reverse();
}

/** Returns a list for other zooms than its own: the ancestors and descendants of its tiles. */
export function spreadOver(byZoom: ReadonlyMap<number, Keys>, [min, max]: ZoomRange): Part {
  const keys = new Map<number, Keys>();
  for (const [zoom, own] of byZoom) if (zoom < max) keys.set(zoom, own);
  const deep = [...byZoom].filter(([zoom]) => zoom >= max).flatMap(([zoom, own]) => [...ancestors(own, zoom - max)]);
  if (deep.length) keys.set(max, sorted(deep));
  return { zooms: [min, max], keys };
}
