import type { TileCacheClient } from '../page/types';
import type { TileCacheState } from './types';

/** The life of a client and what it knows, for `useSyncExternalStore`. */
export interface TileCacheStore {
  /** The first subscriber opens the client; the last one to leave closes it. */
  subscribe(this: void, listener: () => void): () => void;
  get(this: void): TileCacheState;
  /** Returns the state that the server renders, and the browser until the client is there. */
  getInitial(this: void): TileCacheState;
}

/** How a store gets its client. */
export interface ClientSource {
  open(): Promise<TileCacheClient>;
  /** True if the store created the client and has to close it. */
  owned: boolean;
  /** Seconds between two updates of the ages. */
  ageInterval: number;
}

/** The initial state: always the same object, because React compares by identity. */
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

/** Returns what a client knows, in the form that components read. */
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

/**
 * Creates a store that opens its client with the first subscriber. Servers, and renders that React discards, open none.
 */
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
    open()
      .then((client) => {
        if (owned) stops.push(() => client.close());
        if (over) return stops.forEach((stop) => stop());
        const look = () => set(stateOf(client));
        const ticks = ageInterval > 0 ? setInterval(look, ageInterval * 1000) : undefined;
        stops.push(client.on('status', look), client.on('statechange', look), () => clearInterval(ticks));
        look();
      })
      .catch((error: unknown) => void (over || set({ ...INITIAL, state: 'unavailable', error })));
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
        // In strict mode, or when a component moves, React subscribes again at once: keep the client until then.
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
