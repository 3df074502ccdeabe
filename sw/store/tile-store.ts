import { NULL_BODY } from '../http/statuses';
import { type CacheName, createCacheNames, FORMAT, parseCacheName } from './cache-name';
import { globalTimers, type Timers, within } from '../util/deadline';
import { createDoor, type Patiently } from './door';
import { createOpenCaches } from './open-caches';
import { decodeMeta, encodeMeta, META_HEADER, type MetaTile } from './tile-meta';

/** A stored tile with its body: the bytes if they are in memory, else the stored response, which can be read once. */
export interface Tile extends MetaTile {
  bytes?: Uint8Array<ArrayBuffer>;
  /** The body, if the browser holds it as a Blob. */
  blob?: Blob;
  response?: Response;
  /** The cache and the key under which the tile was found. */
  cacheName?: string;
  key?: string;
}

export type { Patiently } from './door';

/**
 * The layers' caches in Cache Storage. Every method rejects if the browser rejects or does not answer in time; callers
 * then go on without the store.
 */
export interface TileStore {
  match(cacheName: string, key: string, patiently?: Patiently): Promise<Tile | undefined>;
  /** Opens the handle when called. A put that begins before a purge vanishes with the deleted cache. */
  open(cacheName: string, patiently?: Patiently): Promise<Cache>;
  put(cache: Cache, key: string, tile: Tile): Promise<void>;
  /** Removes one tile from an open cache, even if that was deleted by name. Resolves with true if there was one. */
  take(cache: Cache, key: string): Promise<boolean>;
  /** Removes one tile. Resolves with true if there was one. */
  delete(cacheName: string, key: string): Promise<boolean>;
  /** Resolves with the keys of all entries. Rejects if the cache is too large to list. */
  keys(cacheName: string): Promise<string[]>;
  /**
   * Removes the entries that were put first, without an index, and resolves with their number. Rejects if the cache is
   * too large to list.
   */
  deleteFirst(cacheName: string, count: number, spared?: readonly string[]): Promise<number>;
  /** Deletes whole caches. */
  drop(cacheNames: readonly string[], patiently?: Patiently): Promise<void>;
  /** Lists the caches of this scope, of every format. */
  list(patiently?: Patiently): Promise<Array<CacheName & { name: string }>>;
  /** Resolves with true if this scope has any caches, including packs of regions. */
  hasTraces(): Promise<boolean>;
  /** Leaves a mark that a ledger with rules existed. Without the mark, a lost ledger looks like a first visit. */
  mark(): Promise<void>;
  nameOf(layer: string, version: string, partition: string): string;
  /** Reads a text that outlives the worker, stored beside the mark. The text may be lost. */
  readNote(): Promise<string | undefined>;
  writeNote(text: string): Promise<void>;
  /** Opens no more caches from now on, so that no deleted cache reappears. */
  close(): void;
  /** Drops open handles: another worker may have deleted their caches. */
  reopen(): void;
}

/** Milliseconds that a read may take. */
export const READ_MS = 1000;
/** Milliseconds that a write may take. It waits behind the browser's other writes. */
export const WRITE_MS = 10_000;
/** Milliseconds after which patient callers try a storage that hangs again. */
const RETRY_MS = 5000;
/** How the worker finds an entry: the key alone decides. */
export const MATCH: CacheQueryOptions = { ignoreVary: true, ignoreMethod: true };

export function createTileStore({
  caches,
  scope,
  timers = globalTimers,
}: {
  caches: CacheStorage;
  scope: string;
  timers?: Timers;
}): TileStore {
  const door = createDoor(READ_MS, timers);
  // A busy disk answers late. A late read shuts the door only to callers that can go on without the tile.
  const patientDoor = createDoor(WRITE_MS, timers, RETRY_MS);
  const handles = createOpenCaches((name) => caches.open(name), door, patientDoor);
  const written = <T>(work: Promise<T>) => within(work, WRITE_MS, timers);
  const nameOf = createCacheNames(scope);
  const markName = nameOf('', '', '');
  const noteKey = new URL('hosts', scope).href;
  const store: TileStore = {
    nameOf,
    open: handles.open,
    async match(cacheName, key, patiently) {
      const cache = await store.open(cacheName, patiently);
      const { through } = patiently ? patientDoor : door;
      const response = await through(() => cache.match(key, MATCH));
      const found = response && tileIn(response, cacheName, key);
      if (!found || !response.headers.has(OPAQUE_HEADER)) return found;
      const opaque = await through(() => cache.match(opaqueKey(key), MATCH));
      return opaque && { ...found, status: 0, response: opaque };
    },
    async put(cache, key, tile) {
      const opaque = tile.response?.type === 'opaque' ? tile.response : undefined;
      if (opaque) await written(cache.put(opaqueKey(key), opaque.clone()));
      await written(cache.put(key, storedForm(tile, opaque !== undefined)));
    },
    async delete(cacheName, key) {
      return store.take(await store.open(cacheName), key);
    },
    async take(cache, key) {
      const [gone] = await written(Promise.all([cache.delete(key, MATCH), cache.delete(opaqueKey(key), MATCH)]));
      return gone;
    },
    keys: async (cacheName) => (await written((await store.open(cacheName)).keys())).map(({ url }) => url),
    async deleteFirst(cacheName, count, spared = []) {
      const cache = await store.open(cacheName);
      const keys = (await store.keys(cacheName)).filter((url) => !spared.includes(url)).slice(0, count);
      for (const key of keys) await written(cache.delete(key, MATCH));
      return keys.length;
    },
    async drop(cacheNames, patiently) {
      handles.forget(cacheNames);
      const gone = (name: string) =>
        patiently ? written(caches.delete(name)) : door.through(() => caches.delete(name));
      await Promise.all(cacheNames.map(gone));
      // These handles were opened meanwhile, on caches that are gone now.
      handles.forget(cacheNames);
    },
    list: async (patiently) => cachesOf(scope, await (patiently ? patientDoor : door).through(() => caches.keys())),
    async hasTraces() {
      const names = await door.through(() => caches.keys());
      // The name of a cache of packs has one more part.
      return names.some((name) => parseCacheName(name.split(':', 4).join(':'))?.scope === scope);
    },
    async mark() {
      await store.open(markName);
    },
    async readNote() {
      const cache = await store.open(markName);
      return (await door.through(() => cache.match(noteKey)))?.text();
    },
    async writeNote(text) {
      const cache = await store.open(markName);
      await written(cache.put(noteKey, new Response(text)));
    },
    close: handles.close,
    reopen: () => handles.forget(),
  };
  return store;
}

/** True for a cache of tiles in this format. */
export const isOurs = (name: CacheName) => name.format === FORMAT;
/** True for the cache that `mark` creates. */
export const isMark = (name: CacheName) => isOurs(name) && name.layer === '';
/** The layers that have tiles in these caches. */
export const layersIn = (caches: readonly CacheName[]): Set<string> =>
  new Set(caches.flatMap((cache) => (isMark(cache) ? [] : cache.layer)));

const cachesOf = (scope: string, names: readonly string[]) =>
  names.flatMap((name) => {
    const parsed = parseCacheName(name);
    return parsed?.scope === scope ? [{ ...parsed, name }] : [];
  });

const OPAQUE_HEADER = `${META_HEADER}-opaque`;
/** The key of the entry that holds an opaque tile's body. */
export const opaqueKey = (key: string) => `${key}~opaque`;

/** Returns the tile that a stored response holds; `undefined` if this package did not store it in this format. */
function tileIn(response: Response, cacheName: string, key: string): Tile | undefined {
  const { status, headers } = response;
  const meta = decodeMeta(headers.get(META_HEADER));
  if (!meta) return undefined;
  const { requestAt, responseAt, clockAhead } = meta;
  return { requestAt, responseAt, meta, cacheName, key, ...(clockAhead && { clockAhead }), status, headers, response };
}

/** Returns the response under which a tile is stored: with its metadata, and without the body if that is opaque. */
function storedForm(tile: Tile, opaque: boolean): Response {
  const headers = new Headers(tile.headers);
  headers.set(META_HEADER, encodeMeta(tile.meta));
  // An opaque response cannot carry added headers, so a second entry beside it holds the metadata.
  if (opaque) headers.set(OPAQUE_HEADER, '1');
  const empty = opaque || NULL_BODY.has(tile.status);
  return new Response(empty ? null : (tile.blob ?? tile.bytes ?? null), {
    status: opaque ? 200 : tile.status,
    headers,
  });
}
