import { type Timers, within } from '../util/deadline';
import { createDoor } from '../store/door';
import type { Pieces } from '../store/pack-bodies';
import { createOpenPacks } from './open-packs';
import { type BodyReader, createBodyReader, sourceOf, type Wait } from './read-bodies';
import { openPack, type Pack, type PackEntry, type PackItem, type PackName, writePack } from '../store/pack';

export type { BodyReader, Wait } from './read-bodies';

/** The only place of regions that uses Cache Storage. Every method rejects when the browser does, or does not answer in time. */
export interface PackStore {
  /** Reads a pack. Resolves with undefined if there is none, or a damaged one. @default patiently */
  get(name: PackName, wait?: Wait): Promise<Pack | undefined>;
  /** Reads the body of an entry, in whichever pack it is. @default patiently */
  body(pack: Pack, entry: PackEntry, wait?: Wait): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Returns a function like `body` for many bodies: it reads a pack whole from its `many`th body on. @default 4 */
  bodies(many?: number): BodyReader;
  /** Resolves with whether the body is there, without reading it. */
  holds(pack: Pack, entry: PackEntry, wait: Wait): Promise<boolean>;
  /**
   * Writes a pack: afterwards its name holds the whole pack, or the one from before. Resolves with its size in bytes.
   * `pieces`: as in `writePack`.
   */
  write(name: PackName, items: readonly PackItem[], pieces?: Pieces): Promise<number>;
  remove(names: readonly PackName[]): Promise<void>;
  drop(cacheName: string): Promise<void>;
  has(cacheName: string): Promise<boolean>;
  /** Names of caches that hold packs of this scope. */
  list(): Promise<string[]>;
  /** Lists the paths in a cache. */
  paths(cacheName: string): Promise<string[]>;
  /** Reads a note beside the packs, or writes it. */
  note(cacheName: string, path: string, value?: unknown): Promise<unknown>;
  /** Stops all reads and writes, because opening a cache creates it. */
  close(): void;
}

/** Milliseconds that a page waits. */
const SOON_MS = 2000;
/** Milliseconds that all other work waits. */
const WAIT_MS = 15_000;
/** Names a cache of packs after the layer's cache and the region: no other part of the worker takes it for its own. */
export function packCacheName(layerCache: string, region: string): string {
  const partitioned = layerCache.split(':').length > 3;
  return `${layerCache}${partitioned ? '' : ':'}:${encodeURIComponent(region)}`;
}

export function createPackStore(caches: CacheStorage, prefix: string, timers: Timers): PackStore {
  const door = createDoor(WAIT_MS, timers, 5 * SOON_MS);
  const pagesDoor = createDoor(SOON_MS, timers);
  let closed = false;
  const cacheOf = (name: string) => {
    if (closed) return Promise.reject(new Error('closed'));
    return door.through(() => caches.open(name));
  };

  const open = createOpenPacks(async ({ cacheName, path }) => {
    const cache = await cacheOf(cacheName);
    const response = await door.through(() => cache.match(path));
    return response && openPack(await response.blob());
  });

  const store: PackStore = {
    get(name, wait) {
      const { reading, pack } = open.get(name);
      return wait === 'soon' && !pack ? pagesDoor.through(() => reading) : reading;
    },
    async body(pack, entry, wait) {
      const [other, found] = (await sourceOf(store.get, pack, entry, wait)) ?? [];
      return found && other!.body(found);
    },
    bodies: (many) => createBodyReader(store.get, many),
    holds: async (pack, entry, wait) => (await sourceOf(store.get, pack, entry, wait)) !== undefined,
    async write(name, items, pieces) {
      const pack = writePack(items, pieces);
      const cache = await cacheOf(name.cacheName);
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(pack.size) };
      await within(cache.put(name.path, new Response(pack, { headers })), WAIT_MS, timers);
      open.forget(name);
      return pack.size;
    },
    async remove(names) {
      for (const name of names) {
        open.forget(name);
        const cache = await cacheOf(name.cacheName);
        await within(cache.delete(name.path), WAIT_MS, timers);
      }
    },
    async drop(cacheName) {
      open.forgetCache(cacheName);
      // Delete the entries first: browsers free a cache that is still open only with its last handle.
      const empty = async () => {
        const cache = await caches.open(cacheName);
        for (const key of await cache.keys()) await cache.delete(key);
      };
      await within(empty(), WAIT_MS, timers).catch(() => {});
      await within(caches.delete(cacheName), WAIT_MS, timers);
    },
    close: () => void (closed = true),
    has: (cacheName) => door.through(() => caches.has(cacheName)),
    async list() {
      const names = await door.through(() => caches.keys());
      return names.filter((name) => name.startsWith(prefix) && name.split(':').length === 5);
    },
    async paths(cacheName) {
      const cache = await cacheOf(cacheName);
      return (await door.through(() => cache.keys())).map(({ url }) => url);
    },
    async note(cacheName, path, value) {
      const cache = await cacheOf(cacheName);
      if (value === undefined) return (await door.through(() => cache.match(path)))?.json();
      return within(cache.put(path, Response.json(value)), WAIT_MS, timers);
    },
  };
  return store;
}
