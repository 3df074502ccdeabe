import type { WriteQueue } from '../origin/write-queue';
import { bytesIn, type Pack, type PackItem, writePack } from '../store/pack';
import { WRITE_MS } from '../store/tile-store';
import { type Timers, within } from '../util/deadline';
import { bucketOf, setFor } from './buckets';
import { bucketId, MAX_PARTS, type OpenBuckets, type PackKeys } from './open-buckets';

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
 * Writes tiles of a move of up to `tiles` tiles. Calls `failed` for the tiles of a bucket that could not be written.
 * Resolves with the packs that were written.
 */
export type AddTiles = (
  cache: Cache,
  cacheName: string,
  tiles: number,
  items: readonly PackItem[],
  failed: (items: readonly PackItem[], error: unknown) => void,
) => Promise<WrittenPack[]>;

/** Bytes of a pack. A bucket that holds more has several. */
const PACK_BYTES = 4 * 1024 * 1024;

/** Creates the function that adds tiles to a cache's packs. `inLine` runs what is done to one cache or bucket in order. */
export function createPackWriter(
  { setsIn, packsOf, forgetSets, forgetBucket }: OpenBuckets,
  keys: PackKeys,
  inLine: WriteQueue,
  timers: Timers,
): AddTiles {
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

  return async (cache, cacheName, tiles, items, failed) => {
    const { number, buckets } = await inLine(cacheName, 0, () => chooseSet(cache, cacheName, tiles));
    const write = ([bucket, own]: [number, PackItem[]]) =>
      inLine(bucketId(cacheName, number, bucket), 0, () => addToBucket(cache, cacheName, [number, bucket], own)).catch(
        (error: unknown) => failed(own, error),
      );
    return (await Promise.all(groupsOf(items, buckets).map(write))).filter((pack) => pack !== undefined);
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
