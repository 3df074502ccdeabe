import { createWriteQueue } from '../origin/write-queue';
import { bytesIn, type Pack, type PackEntry, type PackItem, writePack } from '../store/pack';
import { WRITE_MS, type Patiently, type TileStore } from '../store/tile-store';
import { type Timers, within } from '../util/deadline';
import { bucketOf, setFor } from './buckets';
import { bucketId, createOpenBuckets, MAX_PARTS, packKeys } from './open-buckets';

/** A tile of a pack. */
export interface Packed {
  pack: Pack;
  entry: PackEntry;
}

/** A pack that was written. */
export interface WrittenPack {
  /** Its key in the cache. */
  key: string;
  /** The number of packs before it in its bucket. */
  part: number;
  /** Bytes. */
  size: number;
}

/**
 * The packs of tiles that moved in, in the layers' own caches. Every method rejects if the browser does, or is late.
 */
export interface MovedPacks {
  /** Resolves with the tile that a pack holds under this key. Reads a cache without packs only once. */
  find(cacheName: string, key: string, patiently?: Patiently): Promise<Packed | undefined>;
  /** Resolves with the keys of all tiles in packs. */
  keys(cacheName: string): Promise<string[]>;
  /**
   * Writes tiles of a move of up to `tiles` tiles. Calls `failed` for the tiles of a bucket that could not be written.
   * Resolves with the packs that were written.
   */
  add(
    cache: Cache,
    cacheName: string,
    tiles: number,
    items: readonly PackItem[],
    failed: (items: readonly PackItem[], error: unknown) => void,
  ): Promise<WrittenPack[]>;
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

/** Bytes of a pack. A bucket that holds more has several. */
const PACK_BYTES = 4 * 1024 * 1024;

export function createMovedPacks(inner: Pick<TileStore, 'open' | 'take'>, origin: string, timers: Timers): MovedPacks {
  const keys = packKeys(origin);
  const { setsOf, setsIn, packsOf, forgetSets, forgetBucket, forget } = createOpenBuckets(inner, keys, timers);
  const inLine = createWriteQueue();
  const timely = <T>(work: Promise<T>) => within(work, WRITE_MS, timers);
  const put = (cache: Cache, key: string, response: Response) => timely(cache.put(key, response));

  /** Chooses the set that a move writes into. Notes a new one first: without it, nobody would look for its packs. */
  const chooseSet = async (cache: Cache, cacheName: string, tiles: number) => {
    // The cache may have been deleted by name: then another one has the name, with sets of its own.
    const counts = await setsIn(cache);
    const set = setFor(counts, tiles);
    if (set.number === counts.length) {
      await put(cache, keys.sets, new Response(JSON.stringify([...counts, set.buckets])));
      forgetSets(cacheName);
    }
    return set;
  };

  /** Writes into the bucket's last pack while it has room, else into a new one. */
  const addToBucket = async (
    cache: Cache,
    cacheName: string,
    [set, bucket]: [set: number, bucket: number],
    items: readonly PackItem[],
  ): Promise<WrittenPack> => {
    const packs = await packsOf(cacheName, set, bucket, 'patiently');
    const last = packs.at(-1);
    const joins = last !== undefined && last.size + bytesIn(items) <= PACK_BYTES;
    const part = packs.length - (joins ? 1 : 0);
    if (part >= MAX_PARTS) throw new DOMException('the bucket is full', 'QuotaExceededError');
    const pack = writePack(joins ? [...(await timely(itemsOf(last))), ...items] : items);
    const key = keys.of(set, bucket, part);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(pack.size) };
    await put(cache, key, new Response(pack, { headers }));
    forgetBucket(cacheName, set, bucket);
    return { key, part, size: pack.size };
  };

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
    async add(cache, cacheName, tiles, items, failed) {
      const { number, buckets } = await inLine(cacheName, 0, () => chooseSet(cache, cacheName, tiles));
      const write = ([bucket, own]: [number, PackItem[]]) =>
        inLine(bucketId(cacheName, number, bucket), 0, () =>
          addToBucket(cache, cacheName, [number, bucket], own),
        ).catch((error: unknown) => failed(own, error));
      return (await Promise.all(groupsOf(items, buckets).map(write))).filter((pack) => pack !== undefined);
    },
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

/** Divides tiles by their buckets, and those of a bucket by what one pack holds. */
function groupsOf(items: readonly PackItem[], buckets: number): Array<[bucket: number, items: PackItem[]]> {
  const groups: Array<[number, PackItem[]]> = [];
  const open = new Map<number, { group: PackItem[]; bytes: number }>();
  for (const item of items) {
    const bucket = bucketOf(item.key, buckets);
    let last = open.get(bucket);
    if (!last || last.bytes + item.body.length > PACK_BYTES) {
      last = { group: [], bytes: 0 };
      open.set(bucket, last);
      groups.push([bucket, last.group]);
    }
    last.group.push(item);
    last.bytes += item.body.length;
  }
  return groups;
}

/** Resolves with the tiles of a pack, without those that the disk has damaged. */
async function itemsOf(pack: Pack): Promise<PackItem[]> {
  const bodyOf = await pack.bodies();
  return [...pack.entries.values()].flatMap((entry) => {
    const body = bodyOf(entry);
    return body ? [{ ...entry, body }] : [];
  });
}
