import { DeadlineMissed, type Timers, within } from '../util/deadline';

/** Milliseconds that a caller waits for the database. */
const READ_MS = 1000;
/** Milliseconds after which the worker tries a database that has not answered once more. */
const RETRY_MS = 5000;

/** One read that all callers share. A caller waits at most a second, unless it asks patiently. */
export interface Reading<T> {
  /**
   * `patiently`: there is nothing else to show, so wait about ten seconds more, unless an earlier caller has already
   * done so in vain.
   */
  load(patiently?: 'patiently'): Promise<T | undefined>;
  /** Drops the known value and reads again. */
  again(): Promise<T | undefined>;
  /** Takes over a value that was just written: a read would find the same. */
  known(value: T): void;
}

interface ReadingTools<T> {
  read: () => Promise<T>;
  /** Gives up on an attempt that hangs. */
  abandon: () => void;
  /** Called with each value that was read; with `undefined` when no value can be relied upon. */
  found: (value: T | undefined) => void;
  timers: Timers;
}

/**
 * Reads with a deadline. In some browsers the first `open` of a database never settles. `found` still hears of a late
 * value, and a later attempt may succeed while the first hangs.
 */
export function createReading<T>({ read, abandon, found, timers }: ReadingTools<T>): Reading<T> {
  let shared: Promise<T | undefined> | undefined;
  // Grows with each known value: a read that began before the last one does not count.
  let generation = 0;
  let mayRetry = false;
  let hopeless = false;
  let running: Promise<unknown> | undefined;

  const know = (value: T) => {
    generation += 1;
    mayRetry = hopeless = false;
    running = undefined;
    shared = Promise.resolve(value);
  };

  const attempt = (): Promise<T | undefined> => {
    const begun = generation;
    const reading = read();
    running = reading;
    reading.then(
      (value) => {
        if (begun !== generation) return;
        know(value);
        found(value);
      },
      () => {
        if (begun !== generation) return;
        if (running === reading) running = undefined;
        shared = undefined;
        found(undefined);
      },
    );
    return within(reading, READ_MS, timers).catch((error: unknown) => {
      if (begun === generation && error instanceof DeadlineMissed) {
        found(undefined);
        timers.setTimeout(() => (mayRetry = begun === generation), RETRY_MS);
      }
      return undefined;
    });
  };

  /** Returns the shared read, and starts another attempt beside one that hangs, at intervals. */
  const soon = () => {
    if (mayRetry) {
      // Nobody waits for this attempt: it may hang like the first.
      mayRetry = false;
      abandon();
      void attempt();
    }
    return (shared ??= attempt());
  };

  /** Waits for a read that hangs, and starts a second one beside it. */
  const late = async (): Promise<T | undefined> => {
    const begun = generation;
    for (let tries = 0; tries < 2 && running && begun === generation; tries += 1) {
      await within(running, RETRY_MS, timers).catch(() => {});
      void soon();
    }
    hopeless = begun === generation;
    return soon();
  };

  return {
    async load(patiently) {
      const value = await soon();
      return value === undefined && patiently && running && !hopeless ? late() : value;
    },
    again() {
      generation += 1;
      shared = running = undefined;
      mayRetry = hopeless = false;
      return soon();
    },
    known: know,
  };
}
