import type { TileIndex } from '../index/tile-index';
import type { CacheName } from '../store/cache-name';
import type { MemoryTier } from '../store/memory-tier';
import { isMark, type TileStore } from '../store/tile-store';
import { coalesce } from '../util/coalesce';
import { DeadlineMissed } from '../util/deadline';

/** A cache of tiles under its whole name. */
export type ListedCache = CacheName & { name: string };
export type WhichCaches = (cache: ListedCache) => boolean;

/** What commands do with the caches of tiles as wholes. */
export interface TileCaches {
  /** Those that there are; none where storage fails. */
  list(): Promise<ListedCache[]>;
  /** Layers of which tiles are stored. */
  layers(): Promise<Set<string>>;
  /** Deletes caches. What many commands want gone at once is looked for and deleted once. Never rejects. */
  drop(which: WhichCaches): Promise<void>;
  /** Deletes what a storage that is slow has left behind. Rejects where it stays: who logs out has to know. */
  dropRest(which: WhichCaches): Promise<void>;
}

export interface TileCachesTools {
  store: Pick<TileStore, 'list' | 'drop'>;
  memory: Pick<MemoryTier, 'drop'>;
  index: Pick<TileIndex, 'drop'>;
  /** Work behind an ack. */
  later: (work: Promise<unknown>) => void;
}

export function createTileCaches({ store, memory, index, later }: TileCachesTools): TileCaches {
  const list = coalesce(() => store.list().catch((): ListedCache[] => []));
  let unwanted: WhichCaches[] = [];

  const dropUnwanted = coalesce(async () => {
    const wanted = unwanted;
    unwanted = [];
    const names = (await list())
      .filter((cache) => !isMark(cache) && wanted.some((which) => which(cache)))
      .map(({ name }) => name);
    for (const name of names) memory.drop(name);
    // The rule is durable: a cache that cannot be deleted now holds nothing that would be served.
    await store.drop(names).catch(() => {});
    if (names.length > 0) later(index.drop(names));
  });

  return {
    list,
    async layers() {
      return new Set((await list()).flatMap((cache) => (isMark(cache) ? [] : [cache.layer])));
    },
    drop(which) {
      unwanted.push(which);
      return dropUnwanted();
    },
    async dropRest(which) {
      // Where no cache can be listed there is none, unless the storage hangs.
      const left = await store.list('patiently').catch((error: unknown): ListedCache[] => {
        if (error instanceof DeadlineMissed) throw error;
        return [];
      });
      const names = left.filter((cache) => !isMark(cache) && which(cache)).map(({ name }) => name);
      if (names.length > 0) await store.drop(names, 'patiently');
    },
  };
}
