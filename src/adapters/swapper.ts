/** Timers, passed in by tests. */
export interface Timers {
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(id: unknown): void;
}

/** Exchanges one tile; resolves when it is exchanged or gone, rejects when the old one should stay and be tried again. */
export type Exchange = (key: string, signal: AbortSignal) => Promise<void>;

/** Keeps changed tiles until their new bytes are there. */
export interface Swapper {
  readonly pending: number;
  /** Exchanges the tile; a running exchange of the same tile is begun anew, for it may carry older bytes. */
  swap(key: string): void;
  /** Forgets the tile: it left the map. */
  drop(key: string): void;
  /** Tries again now what failed: the network is back. */
  retry(): void;
  close(): void;
}

interface Job {
  abort: AbortController;
  failures: number;
  timer?: unknown;
}

const FIRST_RETRY = 2000;
const LAST_RETRY = 60000;

const systemTimers: Timers = {
  setTimeout: (run, milliseconds) => setTimeout(run, milliseconds),
  clearTimeout: (id) => clearTimeout(id as number),
};

/** Runs exchanges side by side, one a tile, and repeats failed ones with growing pauses. */
export function createSwapper(exchange: Exchange, timers: Timers = systemTimers): Swapper {
  const jobs = new Map<string, Job>();

  const drop = (key: string) => {
    const job = jobs.get(key);
    if (!job) return;
    jobs.delete(key);
    job.abort.abort();
    timers.clearTimeout(job.timer);
  };
  const run = (key: string, failures: number) => {
    drop(key);
    const job: Job = { abort: new AbortController(), failures };
    jobs.set(key, job);
    exchange(key, job.abort.signal).then(
      () => void (jobs.get(key) === job && jobs.delete(key)),
      () => {
        if (jobs.get(key) !== job) return;
        const pause = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** failures);
        job.timer = timers.setTimeout(() => run(key, failures + 1), pause);
      },
    );
  };

  return {
    get pending() {
      return jobs.size;
    },
    swap: (key) => run(key, 0),
    drop,
    retry() {
      for (const [key, job] of jobs) if (job.timer !== undefined) run(key, job.failures);
    },
    close() {
      for (const key of [...jobs.keys()]) drop(key);
    },
  };
}
