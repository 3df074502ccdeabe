import type { TileStore } from './store/tile-store';

/** The end of a cache that is about to be removed. */
export interface Stop {
  readonly stopped: boolean;
  /** Nothing is stored from now on. Resolves when what was on its way has settled, or after a while. */
  stop(): Promise<void>;
}

/** Milliseconds that work on its way is waited for. */
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
