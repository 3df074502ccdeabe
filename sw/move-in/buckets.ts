import { RESERVED } from '../../src/shared/address-key';

/**
 * The packs of one cache, by a hash of the tiles' keys: the worker computes where a tile is, and no start loads an
 * index. Few tiles get few buckets; a later move of many more gets another set beside the first.
 */
export interface BucketSet {
  /** Its place in the cache's list of sets. */
  number: number;
  /** A power of two. */
  buckets: number;
}

/** Tiles in a bucket, on average: enough that writing a pack costs little for each, few enough to read its table. */
const TILES = 128;
const MAX_BUCKETS = 4096;
/** A move that needs this many times the buckets of the moves before it gets a set of its own. */
const GROWTH = 4;
/** The most sets in a cache: with `GROWTH`, no more are ever needed. */
const MAX_SETS = 8;

/** Returns the number of buckets for so many tiles. */
export const bucketsFor = (tiles: number): number =>
  Math.min(MAX_BUCKETS, 2 ** Math.ceil(Math.log2(Math.max(1, tiles / TILES))));

/** Returns the set for a move of up to `tiles` tiles: the last of `sets`, or a new one behind it. */
export function setFor(sets: readonly number[], tiles: number): BucketSet {
  const buckets = bucketsFor(tiles);
  const last = sets.at(-1);
  return last === undefined || (buckets >= GROWTH * last && sets.length < MAX_SETS)
    ? { number: sets.length, buckets }
    : { number: sets.length - 1, buckets: last };
}

/** Returns the numbers of buckets of each set. Whatever is no such list counts as none. */
export function readSets(text: string): number[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(list) || list.length > MAX_SETS) return [];
  const isCount = (count: unknown) =>
    Number.isInteger(count) && (count as number) > 0 && (count as number) <= MAX_BUCKETS;
  return list.every(isCount) ? (list as number[]) : [];
}

/** Returns the bucket of a position. Positions in ascending order have buckets in ascending order. */
export const bucketAt = (position: number, buckets: number): number => Math.floor((position / 2 ** 32) * buckets);

/** Returns the bucket of a stored tile's key. */
export const bucketOf = (key: string, buckets: number): number => bucketAt(positionOf(addressIn(key)), buckets);

/** A key without what follows the tile's address: the hashes of credentials, tokens and variants. */
const addressIn = (key: string) => {
  const end = key.indexOf(`${RESERVED}=`);
  return end < 0 ? key : key.slice(0, end - 1);
};

/** Returns a 32-bit hash of a text: FNV-1a, whose high bits are then mixed with the low ones. */
export function positionOf(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
