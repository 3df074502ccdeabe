import type { TileCacheClient } from '../page/types';
import type { TileCacheState } from './types';

/** A client's life, and what it knows, for `useSyncExternalStore`. */
export interface TileCacheStore {
  /** The first subscriber has the client opened; after the last has left it is closed. */
  subscribe(this: void, listener: () => void): () => void;
  get(this: void): TileCacheState;
  /** What the server renders, and the browser before it has looked. */
  getInitial(this: void): TileCacheState;
}

/** How a store gets at its client. */
export interface ClientSource {
  open(): Promise<TileCacheClient>;
  /** True where the client is the store's own, which it closes. */
  owned: boolean;
  /** Seconds. */
  ageInterval: number;
}

/** One object for all: React compares by identity. */
export const INITIAL: TileCacheState = {
  client: undefined,
  error: undefined,
  state: 'pending',
  offline: false,
  stale: false,
  updating: false,
  age: undefined,
  versions: {},
  screen: undefined,
  status: { state: 'pending', offline: false, checkedAt: undefined, failures: 0, layers: {} },
};

const STALE: ReadonlySet<string> = new Set(['offline', 'missing', 'old', 'failing']);

/** What a client knows, as components read it. */
export function stateOf(client: TileCacheClient): TileCacheState {
  const status = client.status();
  const { state, offline, summary, layers } = status;
  const versions = Object.entries(layers).flatMap(([layer, { version }]) =>
    version === undefined ? [] : [[layer, version] as const],
  );
  return {
    client,
    error: client.error,
    state,
    offline,
    stale: STALE.has(summary?.state ?? 'unknown'),
    updating: Object.values(layers).some(({ updating }) => updating),
    age: summary?.age,
    versions: Object.fromEntries(versions),
    screen: summary,
    status,
  };
}

/** Opens the client with the first subscriber. Nothing happens before: a server, or a render that is thrown away, opens none. */
export function createStore({ open, owned, ageInterval }: ClientSource): TileCacheStore {
  const listeners = new Set<() => void>();
  let current = INITIAL;
  let end: (() => void) | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;

  const set = (state: TileCacheState) => {
    current = state;
    for (const listener of [...listeners]) listener();
  };
  const begin = () => {
    const stops: Array<() => void> = [];
    let over = false;
    open().then(
      (client) => {
        if (owned) stops.push(() => client.close());
        if (over) return stops.forEach((stop) => stop());
        const look = () => set(stateOf(client));
        const ticks = ageInterval > 0 ? setInterval(look, ageInterval * 1000) : undefined;
        stops.push(client.on('status', look), client.on('statechange', look), () => clearInterval(ticks));
        look();
      },
      (error: unknown) => void (over || set({ ...INITIAL, state: 'unavailable', error })),
    );
    return () => {
      over = true;
      for (const stop of stops.reverse()) stop();
    };
  };
  return {
    subscribe(listener) {
      listeners.add(listener);
      clearTimeout(leaving);
      end ??= begin();
      return () => {
        listeners.delete(listener);
        if (listeners.size) return;
        clearTimeout(leaving);
        // Strict mode, and a component that moves, come back at once: the client stays the same.
        leaving = setTimeout(() => {
          end?.();
          end = undefined;
          current = INITIAL;
        });
      };
    },
    get: () => current,
    getInitial: () => INITIAL,
  };
}
