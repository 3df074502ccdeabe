import { RESERVED } from '../../src/shared/address-key';
import type { Patiently, Tile, TileStore } from '../store/tile-store';
import { type Timers, within } from '../util/deadline';
import { createOpenPacks } from './open-packs';
import { decodeReference, type Reference, REFERENCE_HEADER } from './reference';
import { createWatchedKeys } from './watched-keys';

/** A tile store that also finds tiles in packs, and notes which keys the worker writes. */
export interface MovedStore {
  store: TileStore;
  /** Returns the reference under a key, or `'other'` if something else is stored there. */
  reference(cacheName: string, key: string): Promise<Reference | 'other' | undefined>;
  /** Writes a pack of bodies and returns its address. Rejects with the browser's error. */
  writePack(cache: Cache, cacheName: string, bytes: Uint8Array<ArrayBuffer>): Promise<string>;
  /** Writes a reference to a tile in a pack. Rejects with the browser's error. */
  writeReference(cache: Cache, key: string, headers: Headers): Promise<void>;
  /** Returns a set that collects the keys of all tiles written from now on. */
  watch(): ReadonlySet<string>;
}

const READ_MS = 1000;
const WRITE_MS = 10_000;
const MATCH: CacheQueryOptions = { ignoreVary: true, ignoreMethod: true };

export function createMovedStore(inner: TileStore, origin: string, timers: Timers): MovedStore {
  const mark = `${origin}/${RESERVED}/~moved`;
  const read = (cache: Cache, key: string, patiently?: Patiently) =>
    within(cache.match(key, MATCH), patiently ? WRITE_MS : READ_MS, timers);
  const written = <T>(work: Promise<T>) => within(work, WRITE_MS, timers);
  const packs = createOpenPacks(inner, mark, read);
  const keys = createWatchedKeys();

  const find = async (cacheName: string, key: string, patiently?: Patiently): Promise<Tile | undefined> => {
    if (!(await packs.isMarked(cacheName, patiently))) return undefined;
    const cache = await inner.open(cacheName, patiently);
    const found = await read(cache, key, patiently);
    const reference = found && decodeReference(found.headers.get(REFERENCE_HEADER));
    const pack = reference && (await packs.find(cacheName, reference.pack, patiently));
    if (!pack || reference.offset + reference.length > pack.size) return undefined;
    const { meta, offset, length } = reference;
    const headers = new Headers(found.headers);
    headers.delete(REFERENCE_HEADER);
    const { requestAt, responseAt } = meta;
    const blob = pack.slice(offset, offset + length, headers.get('content-type') ?? '');
    return { status: found.status, headers, requestAt, responseAt, meta, cacheName, key, blob };
  };

  const store: TileStore = {
    ...inner,
    match: (cacheName, key, patiently) =>
      inner.match(cacheName, key, patiently).then((tile) => tile ?? find(cacheName, key, patiently)),
    put(cache, key, tile) {
      keys.note(key);
      return inner.put(cache, key, tile);
    },
    delete(cacheName, key) {
      packs.close(cacheName, key);
      return inner.delete(cacheName, key);
    },
    drop(cacheNames, patiently) {
      packs.forget(cacheNames);
      return inner.drop(cacheNames, patiently).finally(() => packs.forget(cacheNames));
    },
    reopen() {
      packs.clear();
      inner.reopen();
    },
  };

  return {
    store,
    async reference(cacheName, key) {
      const cache = await inner.open(cacheName);
      const found = await read(cache, key);
      if (!found) return undefined;
      const reference = decodeReference(found.headers.get(REFERENCE_HEADER));
      // A reference whose pack was evicted counts as missing.
      return reference ? (await packs.find(cacheName, reference.pack)) && reference : 'other';
    },
    async writePack(cache, cacheName, bytes) {
      const pack = `${origin}/${RESERVED}/${crypto.randomUUID().slice(0, 13)}~moved`;
      // Write the mark first: without it, the store would not look for references in this cache.
      if (!(await packs.isMarked(cacheName).catch(() => false))) await written(cache.put(mark, new Response('')));
      packs.setMarked(cacheName);
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(bytes.length) };
      await written(cache.put(pack, new Response(bytes, { headers })));
      return pack;
    },
    writeReference(cache, key, headers) {
      keys.note(key);
      return written(cache.put(key, new Response(null, { headers })));
    },
    watch: keys.watch,
  };
}
