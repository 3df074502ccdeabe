import type { Patiently, TileStore } from '../store/tile-store';

/** The packs of moved tiles that are open, and which caches contain packs at all. */
export interface OpenPacks {
  /** Returns true if a cache contains packs. If not, a miss costs no second read. */
  isMarked(cacheName: string, patiently?: Patiently): Promise<boolean>;
  /** Notes that a cache contains packs from now on. */
  setMarked(cacheName: string): void;
  /** Returns the body of a pack, or `undefined` if the cache no longer contains it. */
  find(cacheName: string, pack: string, patiently?: Patiently): Promise<Blob | undefined>;
  /** Closes one pack, if `key` is the address of one. */
  close(cacheName: string, key: string): void;
  /** Forgets all that is known about these caches. */
  forget(cacheNames: readonly string[]): void;
  /** Forgets all that is known about every cache. */
  clear(): void;
}

/** Number of packs that stay open. */
const MAX_OPEN = 64;

/** `mark` is the key of the entry that marks a cache that contains packs; `read` reads an entry within its time limit. */
export function createOpenPacks(
  inner: Pick<TileStore, 'open'>,
  mark: string,
  read: (cache: Cache, key: string, patiently?: Patiently) => Promise<Response | undefined>,
): OpenPacks {
  const marks = new Map<string, Promise<boolean>>();
  const packs = new Map<string, Promise<Blob | undefined>>();
  const idOf = (cacheName: string, pack: string) => `${cacheName} ${pack}`;

  return {
    isMarked(cacheName, patiently) {
      let known = marks.get(cacheName);
      if (!known) {
        known = inner
          .open(cacheName, patiently)
          .then(async (cache) => (await read(cache, mark, patiently)) !== undefined);
        marks.set(cacheName, known);
        known.catch(() => marks.delete(cacheName));
      }
      return known;
    },
    setMarked: (cacheName) => void marks.set(cacheName, Promise.resolve(true)),
    find(cacheName, pack, patiently) {
      const id = idOf(cacheName, pack);
      let known = packs.get(id);
      if (!known) {
        const opening = inner
          .open(cacheName, patiently)
          .then(async (cache) => (await read(cache, pack, patiently))?.blob())
          .then((blob) => blob ?? void packs.delete(id));
        known = opening;
        opening.catch(() => packs.delete(id));
        packs.set(id, known);
        if (packs.size > MAX_OPEN) packs.delete(packs.keys().next().value as string);
      }
      return known;
    },
    close: (cacheName, key) => void packs.delete(idOf(cacheName, key)),
    forget(cacheNames) {
      for (const name of cacheNames) {
        marks.delete(name);
        for (const id of packs.keys()) if (id.startsWith(`${name} `)) packs.delete(id);
      }
    },
    clear() {
      marks.clear();
      packs.clear();
    },
  };
}
