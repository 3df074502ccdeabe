import type { TileStore } from './store/tile-store';

/** Stops a cache that is about to be removed. */
export interface Stop {
  readonly stopped: boolean;
  /** Stores nothing from now on. Resolves when pending work has settled, or after 1.5 seconds. */
  stop(): Promise<void>;
}

/** Milliseconds that `stop` waits for pending work. */
const SETTLE_MS = 1500;

export function createStop({
  store,
  settled,
  sleep,
}: {
  store: Pick<TileStore, 'close'>;
  settled: () => Promise<unknown>;
  sleep: (ms: number) => Promise<void>;
}): Stop {
  let stopped = false;
  return {
    get stopped() {
      return stopped;
    },
    async stop() {
      stopped = true;
      store.close();
      await Promise.race([settled(), sleep(SETTLE_MS)]);
    },
  };
}
