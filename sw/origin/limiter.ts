import type { Timers } from '../util/deadline';

/** One task that waits for a slot. */
export interface QueuedTask<T> {
  /**
   * The limiter asks this again whenever a slot frees; the lowest urgency goes first. `undefined` drops the task, which
   * rejects with `Dropped`.
   */
  urgency: () => number | undefined;
  task: () => Promise<T>;
  /** The limiter frees the slot when the task has settled and this promise has, too. */
  until?: Promise<unknown>;
  /** If this aborts while the task waits, the limiter drops the task at once. */
  signal?: AbortSignal;
  /** Ends the running task, because nobody waits for it and others need its slot. */
  giveWay?: () => void;
}

/**
 * Bounds a layer's requests to its origin at once, whatever fails: a time-out frees one slot, never the whole queue.
 * The most urgent task waits the least. Among the awaited tasks for which no map has told a view, the newest goes
 * first, because the engine does not tell a worker which of the older ones a user has panned away from.
 */
export interface Limiter {
  run<T>(layer: string, slots: number, job: QueuedTask<T>): Promise<T>;
}

/** Why a queued task was never started. */
export class Dropped extends Error {}

/** Urgency of a tile that a page waits for, but no map is known to show. */
export const NO_VIEW = 1;
/** Background work (urgency 2 and more) leaves at least half of the slots to what a map waits for. */
export const BACKGROUND = 2;

/** Urgency of a guess, which no map needs yet: it gives way at once to a tile that a map waits for. */
export const GUESS = 4;

/**
 * Milliseconds after which background work gives way to tiles that a map waits for, and, one at a time, to other
 * background work.
 */
export const YIELD_MS = 5000;

interface Waiting {
  urgency: () => number | undefined;
  start: () => void;
  drop: () => void;
}

interface Running {
  urgency: () => number | undefined;
  giveWay: (() => void) | undefined;
  /** True when the task has run for its full time. */
  old: boolean;
}

interface Lane {
  slots: number;
  running: Set<Running>;
  waiting: Waiting[];
  /** True when one of the hanging tasks has given way lately. */
  renewed: boolean;
}

export function createLimiter({ setTimeout, clearTimeout }: Timers): Limiter {
  const lanes = new Map<string, Lane>();

  const pump = (layer: string) => {
    const lane = lanes.get(layer);
    if (!lane) return;
    while (lane.waiting.length > 0) {
      const { best, urgency, dropped } = choose(lane.waiting);
      for (const entry of dropped) entry.drop();
      if (!best) break;
      const full = lane.running.size >= (urgency >= BACKGROUND ? Math.max(1, lane.slots >> 1) : lane.slots);
      if (full) {
        const renews = makeWay(lane, urgency);
        if (renews) setTimeout(() => ((lane.renewed = false), pump(layer)), YIELD_MS);
        break;
      }
      lane.waiting.splice(lane.waiting.indexOf(best), 1);
      best.start();
    }
    if (lane.running.size === 0 && lane.waiting.length === 0) lanes.delete(layer);
  };

  return {
    run(layer, slots, { urgency, task, until, signal, giveWay }) {
      return new Promise((resolve, reject) => {
        let lane = lanes.get(layer);
        if (!lane) lanes.set(layer, (lane = { slots, running: new Set(), waiting: [], renewed: false }));
        lane.slots = slots;
        const { running, waiting } = lane;
        const start = () => {
          const entry: Running = { urgency, giveWay, old: false };
          running.add(entry);
          const timer = setTimeout(() => ((entry.old = true), pump(layer)), YIELD_MS);
          const free = () => {
            clearTimeout(timer as never);
            running.delete(entry);
            pump(layer);
          };
          task().then(
            (value) => {
              resolve(value);
              void (until ?? Promise.resolve()).then(free, free);
            },
            (error: unknown) => {
              reject(error);
              free();
            },
          );
        };
        const drop = () => {
          const at = waiting.indexOf(entry);
          if (at < 0) return;
          waiting.splice(at, 1);
          reject(new Dropped());
        };
        const entry: Waiting = { urgency, start, drop };
        waiting.push(entry);
        signal?.addEventListener('abort', drop, { once: true });
        pump(layer);
      });
    },
  };
}

/** Finds the most urgent waiting task, and the tasks that are not wanted any more. */
function choose(waiting: readonly Waiting[]) {
  let best: Waiting | undefined;
  let urgency = Infinity;
  const dropped: Waiting[] = [];
  for (const entry of waiting) {
    const own = entry.urgency();
    if (own === undefined) dropped.push(entry);
    else if (own < urgency || (own === NO_VIEW && urgency === NO_VIEW)) [best, urgency] = [entry, own];
  }
  return { best, urgency, dropped };
}

/**
 * Ends the oldest task that nobody waits for, when it has had its time. Returns true if it gave way to another
 * background task.
 */
function makeWay(lane: Lane, urgency: number): boolean {
  const behind = [...lane.running].filter((entry) => (entry.urgency() ?? BACKGROUND) >= BACKGROUND);
  const guess = urgency < BACKGROUND && behind.find((entry) => entry.urgency() === GUESS);
  if (guess) {
    guess.giveWay?.();
    return false;
  }
  const oldest = behind[0];
  if (!oldest?.old) return false;
  if (urgency < BACKGROUND) {
    oldest.giveWay?.();
    return false;
  }
  // All of them hang: end only one at a time, so that a slow origin's answers are not lost.
  if (behind.length < 2 || behind.length < lane.running.size || lane.renewed) return false;
  lane.renewed = true;
  oldest.giveWay?.();
  return true;
}
