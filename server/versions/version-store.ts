import { EMPTY_STATE, type OriginState } from './state';

/** Stores the origin's versions, and notifies each instance of the others' publications. */
export interface VersionStore {
  /** Resolves with the current state, or with the empty state before the first write. Rejects with `STORAGE_FAILED`. */
  read(): Promise<OriginState>;
  /**
   * Applies `change` atomically and resolves with the state that is now stored. If `change` returns `undefined`, the
   * state stays as it is. `change` may run several times and must be pure. Rejects with `STORAGE_FAILED`.
   */
  update(change: (state: OriginState) => OriginState | undefined): Promise<OriginState>;
  /**
   * Calls `listener` with every newer state, written by this instance or another, and with an older state that replaced
   * a newer one. Resolves with the function that unsubscribes.
   */
  watch(listener: (state: OriginState) => void): Promise<() => void>;
  /** Releases the timers and connections that the store itself opened. */
  close(): Promise<void>;
  /** Sends messages to the other instances. Without it, page views that reach two instances count at both. */
  news?: StoreNews;
}

/** Sends messages to all instances of one origin. Messages are not stored. */
export interface StoreNews {
  /** Sends a message. Rejects if it cannot be sent. */
  tell(message: string): Promise<void>;
  /**
   * Calls `listener` with every message, including this instance's own. Resolves with the function that unsubscribes.
   */
  watch(listener: (message: string) => void): Promise<() => void>;
}

/** Creates a queue that runs tasks one after another. */
export function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const run = last.then(task, task);
    last = run.catch(() => undefined);
    return run;
  };
}

/** Creates one queue for each key, so that a slow task delays only tasks of the same key. */
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
 * Creates listeners of states, which hear of each state once. They also hear of a state that is not newer, because a
 * failover or a restored backup may have left it; each listener compares it with the state it knows.
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
