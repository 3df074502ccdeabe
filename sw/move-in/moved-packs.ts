import { RESERVED } from '../../src/shared/address-key';
import { createWriteQueue } from '../origin/write-queue';
import { openPack, type Pack, type PackEntry, type PackItem, writePack } from '../store/pack';
import { READ_MS, WRITE_MS, type Patiently, type TileStore } from '../store/tile-store';
import { type Timers, within } from '../util/deadline';
import { bucketOf, readSets, setFor } from './buckets';

/** A tile of a pack. */
export interface Packed {
  pack: Pack;
  entry: PackEntry;
}

/** A pack that was written. */
export interface WrittenPack {
  /** Its key in the cache. */
  key: string;
  /** Bytes. */
  size: number;
}

/** The packs of tiles that moved in, in the layers' own caches. Every method rejects if the browser does, or is late. */
export interface MovedPacks {
  /** Resolves with the tile that a pack holds under this key. In a cache without packs it reads nothing twice. */
  find(cacheName: string, key: string, patiently?: Patiently): Promise<Packed | undefined>;
  /** Resolves with the keys of all tiles in packs. */
  keys(cacheName: string): Promise<string[]>;
  /** Writes tiles of a move of up to `tiles` tiles. Resolves with the packs that were written. */
  add(cache: Cache, cacheName: string, tiles: number, items: readonly PackItem[]): Promise<WrittenPack[]>;
  /** True for the key of a pack. */
  isPack(key: string): boolean;
  /** Forgets all that is known about these caches; about every cache if there is no name. */
  forget(cacheNames?: readonly string[]): void;
}

/** Bytes of a pack. A bucket that holds more has several. */
const PACK_BYTES = 4 * 1024 * 1024;
/** The most packs of a bucket. */
const MAX_PARTS = 32;
/** Buckets whose tables stay in memory. */
const MAX_OPEN = 64;
const MATCH: CacheQueryOptions = { ignoreVary: true, ignoreMethod: true };

export function createMovedPacks(inner: Pick<TileStore, 'open'>, origin: string, timers: Timers): MovedPacks {
  const mark = `${origin}/${RESERVED}/~moved`;
  const keyOf = (set: number, bucket: number, part: number) => `${origin}/${RESERVED}/${set}-${bucket}-${part}~moved`;
  const read = async (cacheName: string, key: string, patiently?: Patiently) => {
    const cache = await inner.open(cacheName, patiently);
    return within(cache.match(key, MATCH), patiently ? WRITE_MS : READ_MS, timers);
  };
  const written = <T>(work: Promise<T>) => within(work, WRITE_MS, timers);
  const sets = new Map<string, Promise<number[]>>();
  const open = new Map<string, Promise<Pack[]>>();
  const inLine = createWriteQueue();

  /** Resolves with the numbers of buckets of a cache's sets; none without a mark. */
  const setsOf = (cacheName: string, patiently?: Patiently): Promise<number[]> => {
    let known = sets.get(cacheName);
    if (!known) {
      known = read(cacheName, mark, patiently).then(async (found) => (found ? readSets(await found.text()) : []));
      remember(sets, cacheName, known);
    }
    return known;
  };

  const readBucket = async (cacheName: string, set: number, bucket: number, patiently?: Patiently) => {
    const packs: Pack[] = [];
    for (let part = 0; part < MAX_PARTS; part += 1) {
      const found = await read(cacheName, keyOf(set, bucket, part), patiently);
      const pack = found && (await openPack(await found.blob()));
      if (!pack) break;
      packs.push(pack);
    }
    return packs;
  };
  const idOf = (cacheName: string, set: number, bucket: number) => `${cacheName} ${set}-${bucket}`;
  const packsOf = (cacheName: string, set: number, bucket: number, patiently?: Patiently): Promise<Pack[]> => {
    const id = idOf(cacheName, set, bucket);
    const known = open.get(id) ?? readBucket(cacheName, set, bucket, patiently);
    // The bucket used last comes last.
    open.delete(id);
    remember(open, id, known);
    if (open.size > MAX_OPEN) open.delete(open.keys().next().value as string);
    return known;
  };

  /** Chooses the set that a move writes into. Notes a new one first: without it, nobody would look for its packs. */
  const chooseSet = async (cache: Cache, cacheName: string, tiles: number) => {
    const counts = await setsOf(cacheName, 'patiently');
    const set = setFor(counts, tiles);
    if (set.number === counts.length) {
      await written(cache.put(mark, new Response(JSON.stringify([...counts, set.buckets]))));
      counts.push(set.buckets);
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
    const bytes = items.reduce((sum, { body }) => sum + body.length, 0);
    const joins = last !== undefined && last.size + bytes <= PACK_BYTES;
    const part = packs.length - (joins ? 1 : 0);
    if (part >= MAX_PARTS) throw new DOMException('the bucket is full', 'QuotaExceededError');
    const pack = new Blob([writePack(joins ? [...(await itemsOf(last)), ...items] : items)]);
    const key = keyOf(set, bucket, part);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(pack.size) };
    await written(cache.put(key, new Response(pack, { headers })));
    open.delete(idOf(cacheName, set, bucket));
    return { key, size: pack.size };
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
    async add(cache, cacheName, tiles, items) {
      const { number, buckets } = await inLine(cacheName, 0, () => chooseSet(cache, cacheName, tiles));
      const byBucket = new Map<number, PackItem[]>();
      for (const item of items) {
        const bucket = bucketOf(item.key, buckets);
        byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), item]);
      }
      const write = ([bucket, own]: [number, PackItem[]]) =>
        inLine(idOf(cacheName, number, bucket), 0, () => addToBucket(cache, cacheName, [number, bucket], own));
      return Promise.all([...byBucket].map(write));
    },
    isPack: (key) => key.startsWith(`${origin}/${RESERVED}/`) && key.endsWith('~moved'),
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

/** Resolves with the tiles of a pack, without those that the disk has damaged. */
async function itemsOf(pack: Pack): Promise<PackItem[]> {
  const bodyOf = await pack.bodies();
  return [...pack.entries.values()].flatMap((entry) => {
    const body = bodyOf(entry);
    return body ? [{ ...entry, body }] : [];
  });
}
