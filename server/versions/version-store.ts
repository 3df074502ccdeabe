import type { OriginState } from './state';
import { EMPTY_STATE } from './state';

/** Where the origin keeps its versions, and how its instances hear of each other's publications. */
export interface VersionStore {
  /** The present state; the empty one before anything was written. Rejects with `STORAGE_FAILED`. */
  read(): Promise<OriginState>;
  /**
   * Applies `change` atomically and resolves with the state that is now stored; `undefined` means: leave it as it is.
   * `change` may run several times and must be pure. Rejects with `STORAGE_FAILED`.
   */
  update(change: (state: OriginState) => OriginState | undefined): Promise<OriginState>;
  /** Calls `listener` with every newer state, of this instance or another. Resolves with the function that ends it. */
  watch(listener: (state: OriginState) => void): Promise<() => void>;
  /** Gives up timers and connections that the store itself opened. */
  close(): Promise<void>;
}

/** Runs tasks one after another. */
export function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const run = last.then(task, task);
    last = run.catch(() => undefined);
    return run;
  };
}

/** Tells listeners of states, each newer one once. */
export function createListeners() {
  const listeners = new Set<(state: OriginState) => void>();
  let told = -1;
  return {
    add(listener: (state: OriginState) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(state: OriginState): void {
      if (state.sequence <= told) return;
      told = state.sequence;
      for (const listener of listeners) listener(state);
    },
  };
}

/** Keeps the versions in memory: for tests and demos, a restart forgets them. */
export function createMemoryVersionStore(initial: OriginState = EMPTY_STATE): VersionStore {
  const listeners = createListeners();
  let state = initial;
  return {
    read: async () => state,
    async update(change) {
      state = change(state) ?? state;
      listeners.tell(state);
      return state;
    },
    watch: async (listener) => listeners.add(listener),
    close: async () => undefined,
  };
}
