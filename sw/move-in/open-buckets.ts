import { RESERVED } from '../../src/shared/address-key';
import { openPack, type Pack } from '../store/pack';
import { READ_MS, WRITE_MS, type Patiently, type TileStore } from '../store/tile-store';
import { type Timers, within } from '../util/deadline';
import { readSets } from './buckets';

/** Reads the sets of caches and the packs of buckets, each once. Every method rejects if the browser does, or is late. */
export interface OpenBuckets {
  /** Resolves with the numbers of buckets of a cache's sets; none without a mark. */
  setsOf(cacheName: string, patiently?: Patiently): Promise<number[]>;
  /** Resolves with the packs of a bucket, in the order in which they were begun. */
  packsOf(cacheName: string, set: number, bucket: number, patiently?: Patiently): Promise<Pack[]>;
  /** Forgets the packs of a bucket, one of which has been written. */
  written(cacheName: string, set: number, bucket: number): void;
  /** Forgets all that is known about these caches; about every cache if there is no name. */
  forget(cacheNames?: readonly string[]): void;
}

/** The keys under which a cache holds what moved in. */
export interface PackKeys {
  /** The key of the list of sets. */
  mark: string;
  of(set: number, bucket: number, part: number): string;
  is(key: string): boolean;
}

/** The most packs of a bucket. */
export const MAX_PARTS = 32;
/** Buckets whose tables stay in memory. */
const MAX_OPEN = 64;
const MATCH: CacheQueryOptions = { ignoreVary: true, ignoreMethod: true };

export const packKeys = (origin: string): PackKeys => ({
  mark: `${origin}/${RESERVED}/~moved`,
  of: (set, bucket, part) => `${origin}/${RESERVED}/${set}-${bucket}-${part}~moved`,
  is: (key) => key.startsWith(`${origin}/${RESERVED}/`) && key.endsWith('~moved'),
});

export const bucketId = (cacheName: string, set: number, bucket: number) => `${cacheName} ${set}-${bucket}`;

export function createOpenBuckets(inner: Pick<TileStore, 'open'>, keys: PackKeys, timers: Timers): OpenBuckets {
  const sets = new Map<string, Promise<number[]>>();
  const open = new Map<string, Promise<Pack[]>>();

  const read = async (cacheName: string, key: string, patiently?: Patiently) => {
    const cache = await inner.open(cacheName, patiently);
    return within(cache.match(key, MATCH), patiently ? WRITE_MS : READ_MS, timers);
  };
  const readBucket = async (cacheName: string, set: number, bucket: number, patiently?: Patiently) => {
    const packs: Pack[] = [];
    for (let part = 0; part < MAX_PARTS; part += 1) {
      const found = await read(cacheName, keys.of(set, bucket, part), patiently);
      const pack = found && (await openPack(await found.blob()));
      if (!pack) break;
      packs.push(pack);
    }
    return packs;
  };

  return {
    setsOf(cacheName, patiently) {
      let known = sets.get(cacheName);
      if (!known) {
        known = read(cacheName, keys.mark, patiently).then(async (found) =>
          found ? readSets(await found.text()) : [],
        );
        remember(sets, cacheName, known);
      }
      return known;
    },
    packsOf(cacheName, set, bucket, patiently) {
      const id = bucketId(cacheName, set, bucket);
      const known = open.get(id) ?? readBucket(cacheName, set, bucket, patiently);
      // The bucket used last comes last.
      open.delete(id);
      remember(open, id, known);
      if (open.size > MAX_OPEN) open.delete(open.keys().next().value as string);
      return known;
    },
    written: (cacheName, set, bucket) => void open.delete(bucketId(cacheName, set, bucket)),
    forget(cacheNames = [...sets.keys()]) {
      for (const name of cacheNames) {
        sets.delete(name);
        for (const id of open.keys()) if (id.startsWith(`${name} `)) open.delete(id);
      }
    },
  };
}

/** Keeps what is being read, and forgets it if that fails. */
function remember<T>(known: Map<string, Promise<T>>, id: string, reading: Promise<T>): void {
  known.set(id, reading);
  reading.catch(() => known.get(id) === reading && known.delete(id));
}
