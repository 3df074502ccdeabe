import { RESERVED } from '../../src/shared/address-key';
import { openPack, type Pack } from '../store/pack';
import { MATCH, READ_MS, WRITE_MS, type Patiently, type TileStore } from '../store/tile-store';
import { type Timers, within } from '../util/deadline';
import { readSets } from './buckets';

/**
 * Reads the sets of caches and the packs of buckets, each once. Every method rejects if the browser does, or is late.
 */
export interface OpenBuckets {
  /** Resolves with the numbers of buckets of a cache's sets; with an empty list if nothing moved in. */
  setsOf(cacheName: string, patiently?: Patiently): Promise<number[]>;
  /** Like `setsOf`, but reads an open cache anew, which may be deleted by name. */
  setsIn(cache: Cache): Promise<number[]>;
  /** Resolves with the packs of a bucket, in the order in which they were begun. A damaged one has no entries. */
  packsOf(cacheName: string, set: number, bucket: number, patiently?: Patiently): Promise<Pack[]>;
  /** Forgets the sets of a cache, whose list has been written. */
  forgetSets(cacheName: string): void;
  /** Forgets the packs of a bucket, one of which has been written or removed. */
  forgetBucket(cacheName: string, set: number, bucket: number): void;
  /** Forgets all that is known about these caches; about every cache if there is no name. */
  forget(cacheNames?: readonly string[]): void;
}

/** The keys under which a cache holds what moved in. */
export interface PackKeys {
  /** The key of the list of sets. */
  sets: string;
  of(set: number, bucket: number, part: number): string;
  /** Returns the place of a pack, or `undefined` for the key of anything else. */
  placeOf(key: string): [set: number, bucket: number, part: number] | undefined;
}

/** The most packs of a bucket. */
export const MAX_PARTS = 32;
/** Buckets whose tables stay in memory. */
const MAX_OPEN = 64;

export const packKeys = (origin: string): PackKeys => ({
  sets: `${origin}/${RESERVED}/~moved`,
  of: (set, bucket, part) => `${origin}/${RESERVED}/${set}-${bucket}-${part}~moved`,
  placeOf(key) {
    const before = `${origin}/${RESERVED}/`;
    const numbers = key.startsWith(before) && /^(\d+)-(\d+)-(\d+)~moved$/.exec(key.slice(before.length));
    return numbers ? [Number(numbers[1]), Number(numbers[2]), Number(numbers[3])] : undefined;
  },
});

const DAMAGED: Pack = {
  entries: new Map(),
  size: 0,
  body: async () => undefined,
  bodies: async () => () => undefined,
};

export const bucketId = (cacheName: string, set: number, bucket: number) => `${cacheName} ${set}-${bucket}`;

export function createOpenBuckets(inner: Pick<TileStore, 'open'>, keys: PackKeys, timers: Timers): OpenBuckets {
  const sets = new Map<string, Promise<number[]>>();
  const open = new Map<string, Promise<Pack[]>>();

  /** Reads an entry. The body counts as well: a disk may give the headers, and then hang. */
  const read = <T>(cache: Cache, key: string, use: (found: Response) => Promise<T>, patiently?: Patiently) => {
    const reading = cache.match(key, MATCH).then((found) => found && use(found));
    return within(reading, patiently ? WRITE_MS : READ_MS, timers);
  };
  const readSetList = async (cache: Cache, patiently?: Patiently) =>
    (await read(cache, keys.sets, async (found) => readSets(await found.text()), patiently)) ?? [];
  const readBucket = async (cacheName: string, set: number, bucket: number, patiently?: Patiently) => {
    const packs: Pack[] = [];
    const cache = await inner.open(cacheName, patiently);
    const packIn = async (found: Response) => (await openPack(await found.blob())) ?? DAMAGED;
    for (let part = 0; part < MAX_PARTS; part += 1) {
      const pack = await read(cache, keys.of(set, bucket, part), packIn, patiently);
      if (!pack) break;
      packs.push(pack);
    }
    return packs;
  };

  return {
    setsOf(cacheName, patiently) {
      let known = sets.get(cacheName);
      if (!known) {
        known = inner.open(cacheName, patiently).then((cache) => readSetList(cache, patiently));
        remember(sets, cacheName, known);
      }
      return known;
    },
    setsIn: (cache) => readSetList(cache, 'patiently'),
    packsOf(cacheName, set, bucket, patiently) {
      const id = bucketId(cacheName, set, bucket);
      const known = open.get(id) ?? readBucket(cacheName, set, bucket, patiently);
      // The bucket used last comes last.
      open.delete(id);
      remember(open, id, known);
      if (open.size > MAX_OPEN) open.delete(open.keys().next().value as string);
      return known;
    },
    forgetSets: (cacheName) => void sets.delete(cacheName),
    forgetBucket: (cacheName, set, bucket) => void open.delete(bucketId(cacheName, set, bucket)),
    forget(cacheNames) {
      const isMeant = (name: string) => !cacheNames || cacheNames.includes(name);
      for (const name of sets.keys()) if (isMeant(name)) sets.delete(name);
      for (const id of open.keys()) if (isMeant(id.slice(0, id.lastIndexOf(' ')))) open.delete(id);
    },
  };
}

/** Keeps a read for later callers, and forgets it if it fails. */
function remember<T>(known: Map<string, Promise<T>>, id: string, reading: Promise<T>): void {
  known.set(id, reading);
  reading.catch(() => known.get(id) === reading && known.delete(id));
}
