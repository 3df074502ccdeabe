/** Runs `make`, and tracks the maps and sets that it creates, which live as long as the worker. */
export function watchMaps<T>(make: () => T): { made: T; largest(): number } {
  const seen: Array<{ readonly size: number }> = [];
  const [OldMap, OldSet] = [globalThis.Map, globalThis.Set];
  globalThis.Map = class<K, V> extends OldMap<K, V> {
    constructor(entries?: Iterable<readonly [K, V]> | null) {
      super(entries);
      seen.push(this);
    }
  } as MapConstructor;
  globalThis.Set = class<T> extends OldSet<T> {
    constructor(entries?: Iterable<T> | null) {
      super(entries);
      seen.push(this);
    }
  } as SetConstructor;
  try {
    return { made: make(), largest: () => Math.max(0, ...seen.map(({ size }) => size)) };
  } finally {
    [globalThis.Map, globalThis.Set] = [OldMap, OldSet];
  }
}
