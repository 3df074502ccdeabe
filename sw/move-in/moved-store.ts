import { decodeMeta } from '../store/tile-meta';
import { MATCH, opaqueKey, READ_MS, WRITE_MS, type Patiently, type Tile, type TileStore } from '../store/tile-store';
import { type Timers, within } from '../util/deadline';
import { createMovedPacks, type MovedPacks, type Packed } from './moved-packs';
import { decodeProvenance, MOVED_HEADER, type Provenance } from './provenance';
import { createWatchedKeys } from './watched-keys';

/** A tile store that also finds tiles in packs, and notes which keys the worker writes. */
export interface MovedStore {
  store: TileStore;
  /** Returns where a tile came from that moved in, or `'other'` if something else is stored there, or was removed. */
  provenance(cacheName: string, key: string): Promise<Provenance | 'other' | undefined>;
  /** Writes tiles as packs. Rejects with the browser's error. */
  add: MovedPacks['add'];
  /** Hides the tile that a pack has under this key. */
  hide(cache: Cache, key: string): Promise<void>;
  /** Returns a set that collects the keys of all tiles written or removed from now on (see `WatchedKeys`). */
  watch(): ReadonlySet<string>;
}

export function createMovedStore(inner: TileStore, origin: string, timers: Timers): MovedStore {
  const packs = createMovedPacks(inner, origin, timers);
  const keys = createWatchedKeys();
  const read = async (cacheName: string, key: string, patiently?: Patiently) => {
    const cache = await inner.open(cacheName, patiently);
    return within(cache.match(key, MATCH), patiently ? WRITE_MS : READ_MS, timers);
  };
  const hide = async (cache: Cache, key: string) => {
    const gone = new Response(null, { headers: { [MOVED_HEADER]: 'removed' } });
    await within(cache.put(key, gone), WRITE_MS, timers);
  };

  const find = async (cacheName: string, key: string, patiently?: Patiently): Promise<Tile | undefined> => {
    const packed = await packs.find(cacheName, key, patiently);
    // An entry of its own under the key hides the pack's tile.
    if (!packed || (await read(cacheName, key, patiently))) return undefined;
    return tileOf(packed, cacheName, (work) => within(work, patiently ? WRITE_MS : READ_MS, timers));
  };

  const store: TileStore = {
    ...inner,
    match: (cacheName, key, patiently) =>
      inner.match(cacheName, key, patiently).then((tile) => tile ?? find(cacheName, key, patiently)),
    put(cache, key, tile) {
      keys.note(key);
      return inner.put(cache, key, tile);
    },
    async delete(cacheName, key) {
      keys.note(key);
      if (packs.isPack(key)) return packs.remove(cacheName, key);
      if (!(await packs.find(cacheName, key))) return inner.delete(cacheName, key);
      // The tile in the pack is older than the one that is deleted: it must not reappear, not even for a moment.
      const cache = await inner.open(cacheName);
      await hide(cache, key);
      await inner.take(cache, opaqueKey(key));
      return true;
    },
    async keys(cacheName) {
      const listed = (await inner.keys(cacheName)).filter((key) => !packs.isSetList(key));
      return [...new Set([...listed, ...(await packs.keys(cacheName))])];
    },
    async deleteFirst(cacheName, count, spared) {
      // Packs go first: behind an entry that is deleted, an older tile would reappear.
      const first = (await inner.keys(cacheName)).filter(packs.isPack).slice(0, count);
      if (first.length === 0) return inner.deleteFirst(cacheName, count, spared);
      for (const key of first) await packs.remove(cacheName, key);
      return first.length;
    },
    drop(cacheNames, patiently) {
      packs.forget(cacheNames);
      return inner.drop(cacheNames, patiently).finally(() => packs.forget(cacheNames));
    },
    reopen() {
      packs.forget();
      inner.reopen();
    },
  };

  return {
    store,
    async provenance(cacheName, key) {
      if (await read(cacheName, key)) return 'other';
      const packed = await packs.find(cacheName, key);
      const value = packed && new Headers(packed.entry.headers).get(MOVED_HEADER);
      return value ? decodeProvenance(value) : undefined;
    },
    add: packs.add,
    hide,
    watch: keys.watch,
  };
}

/** Reads a tile out of its pack. Resolves with `undefined` if another release wrote it, or the disk has damaged it. */
async function tileOf(
  { pack, entry }: Packed,
  cacheName: string,
  timely: <T>(work: Promise<T>) => Promise<T>,
): Promise<Tile | undefined> {
  const meta = decodeMeta(entry.meta);
  const bytes = meta && (await timely(pack.body(entry)));
  if (!bytes) return undefined;
  const { status, key } = entry;
  const headers = new Headers(entry.headers);
  headers.delete(MOVED_HEADER);
  const { requestAt, responseAt } = meta;
  const blob = new Blob([bytes], { type: headers.get('content-type') ?? '' });
  return { status, headers, requestAt, responseAt, meta, cacheName, key, blob };
}
