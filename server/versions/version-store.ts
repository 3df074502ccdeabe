import { EMPTY_STATE, type OriginState } from './state';

/** Where the origin keeps its versions, and how its instances hear of each other's publications. */
export interface VersionStore {
  /** The present state; the empty one before anything was written. Rejects with `STORAGE_FAILED`. */
  read(): Promise<OriginState>;
  /**
   * Applies `change` atomically and resolves with the state that is now stored; `undefined` means: leave it as it is.
   * `change` may run several times and must be pure. Rejects with `STORAGE_FAILED`.
   */
  update(change: (state: OriginState) => OriginState | undefined): Promise<OriginState>;
  /**
   * Calls `listener` with every newer state, of this instance or another, and with one that took a newer one's place.
   * Resolves with the function that ends it.
   */
  watch(listener: (state: OriginState) => void): Promise<() => void>;
  /** Gives up timers and connections that the store itself opened. */
  close(): Promise<void>;
  /** Messages to the other instances; without it page views that reach two instances count at both. */
  news?: StoreNews;
}

/** Tells all instances of one origin what need not be kept. */
export interface StoreNews {
  /** Rejects where it cannot be sent. */
  tell(message: string): Promise<void>;
  /** Calls `listener` with every message, also of this instance. Resolves with the function that ends it. */
  watch(listener: (message: string) => void): Promise<() => void>;
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

/** A queue a key, so that a slow one holds up no other. */
export function createQueues(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
  const queues = new Map<string, { waiting: number; run: ReturnType<typeof createQueue> }>();
  return async (key, task) => {
    const queue = queues.get(key) ?? { waiting: 0, run: createQueue() };
    queues.set(key, queue);
    queue.waiting += 1;
    try {
      return await queue.run(task);
    } finally {
      queue.waiting -= 1;
      if (queue.waiting === 0) queues.delete(key);
    }
  };
}

/**
 * Tells listeners of states, the same one once. One that is not newer is told too: it may be what a failover or a restored
 * backup left, and whoever listens knows what it compares it with.
 */
export function createListeners() {
  const listeners = new Set<(state: OriginState) => void>();
  let told: OriginState | undefined;
  return {
    add(listener: (state: OriginState) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(state: OriginState): void {
      if (told && state.sequence === told.sequence && JSON.stringify(state) === JSON.stringify(told)) return;
      told = state;
      for (const listener of listeners) listener(state);
    },
  };
}

/** Creates a store that keeps the versions in memory, for tests and demos. A restart forgets them. */
export function createMemoryVersionStore(initial: OriginState = EMPTY_STATE): VersionStore {
  const listeners = createListeners();
  const hearers = new Set<(message: string) => void>();
  let state = initial;
  return {
    news: {
      tell: async (message) => hearers.forEach((hear) => hear(message)),
      watch: async (listener) => (hearers.add(listener), () => void hearers.delete(listener)),
    },
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
