import type { TileIndex } from '../index/tile-index';
import type { CacheName } from '../store/cache-name';
import type { MemoryTier } from '../store/memory-tier';
import { isMark, layersIn, type TileStore } from '../store/tile-store';
import { coalesce } from '../util/coalesce';
import { DeadlineMissed } from '../util/deadline';

/** A cache of tiles with its full name. */
export type ListedCache = CacheName & { name: string };
export type WhichCaches = (cache: ListedCache) => boolean;

/** The operations of commands on whole caches of tiles. */
export interface TileCaches {
  /** Lists the existing caches. Resolves with an empty list if storage fails or hangs. */
  list(): Promise<ListedCache[]>;
  /** Resolves with the layers that have stored tiles. */
  layers(): Promise<Set<string>>;
  /** Deletes caches. Simultaneous commands share one listing and one deletion. Never rejects. */
  drop(which: WhichCaches): Promise<void>;
  /** Deletes the caches that a slow storage has left. Rejects if they remain, because a user who logs out must know. */
  dropRest(which: WhichCaches): Promise<void>;
}

export interface TileCachesTools {
  store: Pick<TileStore, 'list' | 'drop'>;
  memory: Pick<MemoryTier, 'drop'>;
  index: Pick<TileIndex, 'drop'>;
  /** Takes work that continues after an ack. */
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
    // The rule is durable: even if a cache cannot be deleted now, the worker will not serve its tiles.
    await store.drop(names).catch(() => {});
    if (names.length > 0) later(index.drop(names));
  });

  return {
    list,
    layers: () => list().then(layersIn),
    drop(which) {
      unwanted.push(which);
      return dropUnwanted();
    },
    async dropRest(which) {
      // If listing fails, there are no caches, unless the storage hangs.
      const left = await store.list('patiently').catch((error: unknown): ListedCache[] => {
        if (error instanceof DeadlineMissed) throw error;
        return [];
      });
      const names = left.filter((cache) => !isMark(cache) && which(cache)).map(({ name }) => name);
      if (names.length > 0) await store.drop(names, 'patiently');
    },
  };
}
