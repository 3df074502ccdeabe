import type { TileId, ZoomRange } from '../../src/shared/tile';

/** The highest zoom of a list: keys of it are exact numbers. */
export const MAX_LISTED_ZOOM = 26;

/** Tiles of one zoom by their key in Z order, sorted, each once. */
export type Keys = Float64Array<ArrayBuffer>;

/** Every bit of a number of 13 bits in the place of two. */
function spread(value: number): number {
  let bits = value;
  bits = (bits | (bits << 8)) & 0x00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x33333333;
  return (bits | (bits << 1)) & 0x55555555;
}

const HALF = 2 ** 13;

/** The place of a tile in Z order; a parent's is a quarter of its children's, rounded down. */
export function keyOf({ x, y }: Pick<TileId, 'x' | 'y'>): number {
  const low = spread(x % HALF) | (spread(y % HALF) << 1);
  return (spread(Math.floor(x / HALF)) | (spread(Math.floor(y / HALF)) << 1)) * HALF * HALF + low;
}

/** Sorted, each once. */
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

/** What one tree is made of: everything beneath the keys of each zoom. */
export interface Part {
  zooms: ZoomRange;
  keys: ReadonlyMap<number, Keys>;
}

/** Zooms whose tiles are just the parents of those of the zoom above share its tree. */
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

/** Zooms of a list that was given others than its own: parents of what it names, and all beneath. */
export function spreadOver(byZoom: ReadonlyMap<number, Keys>, [min, max]: ZoomRange): Part {
  const keys = new Map<number, Keys>();
  for (const [zoom, own] of byZoom) if (zoom < max) keys.set(zoom, own);
  const deep = [...byZoom].filter(([zoom]) => zoom >= max).flatMap(([zoom, own]) => [...ancestors(own, zoom - max)]);
  if (deep.length) keys.set(max, sorted(deep));
  return { zooms: [min, max], keys };
}
