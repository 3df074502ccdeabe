import { RESERVED } from '../../src/shared/address-key';
import type { Patiently, Tile, TileStore } from '../store/tile-store';
import { type Timers, within } from '../util/deadline';
import { decodeReference, type Reference, REFERENCE_HEADER } from './reference';

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
/** Number of packs that stay open. */
const MAX_OPEN = 64;
/** Number of keys noted for one move, and of moves for which keys are noted. */
const MAX_NOTED = 100_000;
const MAX_WATCHING = 8;
/** A set of noted keys contains this in place of the keys that no longer fitted: then any key may have been written. */
export const ANY = '*';
const MATCH: CacheQueryOptions = { ignoreVary: true, ignoreMethod: true };

export function createMovedStore(inner: TileStore, origin: string, timers: Timers): MovedStore {
  const mark = `${origin}/${RESERVED}/~moved`;
  const read = <T>(work: Promise<T>, patiently?: Patiently) => within(work, patiently ? WRITE_MS : READ_MS, timers);
  const written = <T>(work: Promise<T>) => within(work, WRITE_MS, timers);
  /** Whether a cache contains packs. If not, a miss costs no second read. */
  let marked = new Map<string, Promise<boolean>>();
  const packs = new Map<string, Promise<Blob | undefined>>();
  const watching = new Set<Set<string>>();

  const isMarked = (cacheName: string, patiently?: Patiently): Promise<boolean> => {
    let known = marked.get(cacheName);
    if (!known) {
      known = inner
        .open(cacheName, patiently)
        .then(async (cache) => (await read(cache.match(mark, MATCH), patiently)) !== undefined);
      marked.set(cacheName, known);
      known.catch(() => marked.delete(cacheName));
    }
    return known;
  };

  const packOf = (cacheName: string, pack: string, patiently?: Patiently): Promise<Blob | undefined> => {
    const id = `${cacheName} ${pack}`;
    let known = packs.get(id);
    if (!known) {
      const opening = inner
        .open(cacheName, patiently)
        .then(async (cache) => (await read(cache.match(pack, MATCH), patiently))?.blob())
        .then((blob) => blob ?? void packs.delete(id));
      known = opening;
      opening.catch(() => packs.delete(id));
      packs.set(id, known);
      if (packs.size > MAX_OPEN) packs.delete(packs.keys().next().value as string);
    }
    return known;
  };

  const note = (key: string) => {
    // The set is full: from here on, any key may have been written.
    for (const keys of watching) keys.add(keys.size < MAX_NOTED ? key : ANY);
  };

  const forget = (cacheNames: readonly string[]) => {
    for (const name of cacheNames) {
      marked.delete(name);
      for (const id of packs.keys()) if (id.startsWith(`${name} `)) packs.delete(id);
    }
  };

  const find = async (cacheName: string, key: string, patiently?: Patiently): Promise<Tile | undefined> => {
    if (!(await isMarked(cacheName, patiently))) return undefined;
    const cache = await inner.open(cacheName, patiently);
    const found = await read(cache.match(key, MATCH), patiently);
    const reference = found && decodeReference(found.headers.get(REFERENCE_HEADER));
    const pack = reference && (await packOf(cacheName, reference.pack, patiently));
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
      note(key);
      return inner.put(cache, key, tile);
    },
    delete(cacheName, key) {
      packs.delete(`${cacheName} ${key}`);
      return inner.delete(cacheName, key);
    },
    drop(cacheNames, patiently) {
      forget(cacheNames);
      return inner.drop(cacheNames, patiently).finally(() => forget(cacheNames));
    },
    reopen() {
      marked = new Map();
      packs.clear();
      inner.reopen();
    },
  };

  return {
    store,
    async reference(cacheName, key) {
      const cache = await inner.open(cacheName);
      const found = await read(cache.match(key, MATCH));
      if (!found) return undefined;
      const reference = decodeReference(found.headers.get(REFERENCE_HEADER));
      // A reference whose pack was evicted counts as missing.
      return reference ? (await packOf(cacheName, reference.pack)) && reference : 'other';
    },
    async writePack(cache, cacheName, bytes) {
      const pack = `${origin}/${RESERVED}/${crypto.randomUUID().slice(0, 13)}~moved`;
      // Write the mark first: without it, the store would not look for references in this cache.
      if (!(await isMarked(cacheName).catch(() => false))) await written(cache.put(mark, new Response('')));
      marked.set(cacheName, Promise.resolve(true));
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(bytes.length) };
      await written(cache.put(pack, new Response(bytes, { headers })));
      return pack;
    },
    writeReference(cache, key, headers) {
      note(key);
      return written(cache.put(key, new Response(null, { headers })));
    },
    watch() {
      const keys = new Set<string>();
      watching.add(keys);
      if (watching.size > MAX_WATCHING) {
        const oldest = watching.values().next().value!;
        oldest.add(ANY);
        watching.delete(oldest);
      }
      return keys;
    },
  };
}
