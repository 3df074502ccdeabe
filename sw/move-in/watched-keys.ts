/** Notes which keys the worker writes or removes while tiles are moved in. */
export interface WatchedKeys {
  /** Notes that a tile was written or removed. */
  note(key: string): void;
  /** Returns a set that collects the keys of all tiles written or removed from now on. */
  watch(): ReadonlySet<string>;
}

/** The most keys to note for one move. */
const MAX_NOTED = 100_000;
/** The most moves for which to note keys. */
const MAX_WATCHING = 8;
/** A set of noted keys contains this in place of the keys that no longer fitted: then any key may have changed. */
export const ANY = '*';

export function createWatchedKeys(): WatchedKeys {
  const watching = new Set<Set<string>>();
  return {
    note(key) {
      // A full set gets `ANY` in place of further keys.
      for (const keys of watching) keys.add(keys.size < MAX_NOTED ? key : ANY);
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
