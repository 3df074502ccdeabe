import type { MovedStore } from './moved-store';
import type { Provenance } from './provenance';
import { ANY } from './watched-keys';

/** What the worker has stored, as far as a move must know. */
export interface StoredKeys {
  /** Returns true if something else may have stored or removed a tile under this key since the move began. */
  isWritten(key: string): boolean;
  /** Returns where the tile under a key came from. Reads the cache only if the key may exist. */
  provenance(cacheName: string, key: string): Promise<Provenance | 'other' | undefined>;
}

/** Call this when a move begins, because it notes only what is written from then on. */
export function createStoredKeys(moved: MovedStore): StoredKeys {
  const written = moved.watch();
  const listed = new Map<string, Promise<ReadonlySet<string> | undefined>>();

  /**
   * Returns the keys of a cache as they were when the move first asked, or `undefined` if there are too many to list.
   */
  const keysOf = (cacheName: string) => {
    let keys = listed.get(cacheName);
    if (!keys) {
      keys = moved.store.keys(cacheName).then(
        (list) => new Set(list),
        () => undefined,
      );
      listed.set(cacheName, keys);
    }
    return keys;
  };
  const isWritten = (key: string) => written.has(key) || written.has(ANY);
  const provenance = async (cacheName: string, key: string) => {
    const keys = await keysOf(cacheName);
    if (keys && !keys.has(key) && !isWritten(key)) return undefined;
    return moved.provenance(cacheName, key);
  };

  return { isWritten, provenance };
}
