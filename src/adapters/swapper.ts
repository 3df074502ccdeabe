import { waitIn } from './failed-tile';
import { type Timers, createRetries, systemTimers } from './retry';
import { type Turn, type Turns, tileByTile } from './turns';

/**
 * Loads one tile and shows it when it is its turn. Resolves once the tile is exchanged or has left the map; with `gone`
 * if the origin says that it has no such tile, which is no failure. Rejects if the old tile should stay and the swapper
 * should try again.
 */
export type Exchange = (key: string, signal: AbortSignal, turn: Turn) => Promise<'gone' | void>;

/** Keeps changed tiles on the screen until their new bytes arrive, and requests failed tiles again. */
export interface Swapper {
  /** Number of changed tiles that wait for their new bytes. */
  readonly pending: number;
  /** Exchanges a tile. Restarts a running exchange of the same tile, which may carry older bytes. */
  swap(key: string): void;
  /** Takes the keys of all failed tiles on the screen. Requests each again until it arrives or leaves the screen. */
  missing(keys: readonly string[]): void;
  /** Forgets a tile that left the map. */
  drop(key: string): void;
  /** The layer's origin has answered: tries failed tiles again. */
  answered(): void;
  /** The network is back: tries failed tiles again now. */
  retry(): void;
  close(): void;
}

interface Job {
  abort: AbortController;
  /** True for a tile that has never arrived, so the screen shows nothing in its place. */
  missing: boolean;
}

/** Creates a swapper. It runs one exchange for each tile, all at the same time, and repeats failed ones. */
export function createSwapper(exchange: Exchange, turns: Turns = tileByTile, timers: Timers = systemTimers): Swapper {
  const jobs = new Map<string, Job>();
  const gone = new Set<string>();
  const retries = createRetries((key) => run(key, jobs.get(key)?.missing ?? false), timers);

  const take = (key: string) => {
    const job = jobs.get(key);
    jobs.delete(key);
    job?.abort.abort();
  };
  const drop = (key: string) => {
    take(key);
    turns.leave(key);
    retries.drop(key);
  };
  const run = (key: string, missing: boolean) => {
    take(key);
    const job: Job = { abort: new AbortController(), missing };
    jobs.set(key, job);
    exchange(key, job.abort.signal, turns.of(key)).then(
      (outcome) => {
        if (jobs.get(key) !== job) return;
        jobs.delete(key);
        turns.leave(key);
        if (outcome === 'gone') gone.add(key);
        retries.drop(key);
        retries.answered();
      },
      (error: unknown) => void (jobs.get(key) === job && retries.failed(key, waitIn(error))),
    );
  };

  return {
    get pending() {
      return [...jobs.values()].filter(({ missing }) => !missing).length;
    },
    swap(key) {
      gone.delete(key);
      retries.drop(key);
      turns.begin(key);
      run(key, false);
    },
    missing(keys) {
      const now = new Set(keys);
      for (const key of gone) if (!now.has(key)) gone.delete(key);
      for (const [key, job] of jobs) if (job.missing && !now.has(key)) drop(key);
      for (const key of now) {
        if (jobs.has(key) || gone.has(key)) continue;
        jobs.set(key, { abort: new AbortController(), missing: true });
        retries.failed(key);
      }
    },
    drop,
    answered: retries.answered,
    retry: retries.all,
    close() {
      for (const key of [...jobs.keys()]) drop(key);
      turns.close();
      retries.close();
    },
  };
}
