import { createWriteQueue } from '../origin/write-queue';
import type { Pack, PackEntry } from '../store/pack';
import type { Patiently, TileStore } from '../store/tile-store';
import type { Timers } from '../util/deadline';
import { bucketOf } from './buckets';
import { bucketId, createOpenBuckets, packKeys } from './open-buckets';
import { type AddTiles, createPackWriter } from './pack-writer';

/** A tile of a pack. */
export interface Packed {
  pack: Pack;
  entry: PackEntry;
}

/**
 * The packs of tiles that moved in, in the layers' own caches. Every method rejects if the browser does, or is late.
 */
export interface MovedPacks {
  /** Resolves with the tile that a pack holds under this key. Reads a cache without packs only once. */
  find(cacheName: string, key: string, patiently?: Patiently): Promise<Packed | undefined>;
  /** Resolves with the keys of all tiles in packs. */
  keys(cacheName: string): Promise<string[]>;
  add: AddTiles;
  /** True for the key of a pack. */
  isPack(key: string): boolean;
  /** True for the key of a cache's list of sets. */
  isSetList(key: string): boolean;
  /**
   * Removes a pack, and those that follow it in its bucket: reading ends at the first that is missing, and a later move
   * would bring their tiles back.
   */
  remove(cacheName: string, key: string): Promise<boolean>;
  /** Forgets all that is known about these caches; about every cache if there is no name. */
  forget(cacheNames?: readonly string[]): void;
}

export function createMovedPacks(inner: Pick<TileStore, 'open' | 'take'>, origin: string, timers: Timers): MovedPacks {
  const keys = packKeys(origin);
  const open = createOpenBuckets(inner, keys, timers);
  const { setsOf, packsOf, forgetBucket, forget } = open;
  const inLine = createWriteQueue();
  return {
    async find(cacheName, key, patiently) {
      const counts = await setsOf(cacheName, patiently);
      let found: Packed | undefined;
      for (const [set, buckets] of counts.entries())
        for (const pack of await packsOf(cacheName, set, bucketOf(key, buckets), patiently)) {
          const entry = pack.entries.get(key);
          // Of a tile that moved in twice, the one that was written last counts.
          if (entry) found = { pack, entry };
        }
      return found;
    },
    async keys(cacheName) {
      const found: string[] = [];
      for (const [set, buckets] of (await setsOf(cacheName)).entries())
        for (let bucket = 0; bucket < buckets; bucket += 1)
          for (const pack of await packsOf(cacheName, set, bucket)) found.push(...pack.entries.keys());
      return found;
    },
    add: createPackWriter(open, keys, inLine, timers),
    isPack: (key) => keys.placeOf(key) !== undefined,
    isSetList: (key) => key === keys.sets,
    async remove(cacheName, key) {
      const [set, bucket, first] = keys.placeOf(key)!;
      return inLine(bucketId(cacheName, set, bucket), 0, async () => {
        const { length } = await packsOf(cacheName, set, bucket);
        const cache = await inner.open(cacheName);
        try {
          // The last one first: a stop in between leaves no gap.
          for (let part = length - 1; part > first; part -= 1) await inner.take(cache, keys.of(set, bucket, part));
          return await inner.take(cache, key);
        } finally {
          forgetBucket(cacheName, set, bucket);
        }
      });
    },
    forget,
  };
}
