import type { Timers } from '../util/deadline';

/** One task that waits for a slot. */
export interface Job<T> {
  /**
   * Asked again whenever a slot frees; the lowest goes first. `undefined` drops the task, which rejects with `Dropped`.
   */
  urgency: () => number | undefined;
  task: () => Promise<T>;
  /** The slot is free again when the task has settled and this has happened. */
  until?: Promise<unknown>;
  /** Aborted while it waits: the task is dropped at once. */
  signal?: AbortSignal;
  /** Ends the running task: others need its slot, and nobody waits for it. */
  giveWay?: () => void;
}

/**
 * Bounds what a layer asks of its origin at once, whatever fails: a time-out frees one slot, never the whole queue. The
 * most urgent waits the least; among those that are waited for and that no map has told of, the newest goes first,
 * because the engine does not tell a worker which of the older ones a user has panned away from.
 */
export interface Limiter {
  run<T>(layer: string, slots: number, job: Job<T>): Promise<T>;
}

/** Why a queued task was never started. */
export class Dropped extends Error {}

/** What is waited for by a page that did not tell where it looks. */
export const UNTOLD = 1;
/** Background work (urgency 2 and more) leaves at least half of the slots to what a map waits for. */
export const BACKGROUND = 2;

/** What no map needs yet, on a guess: it gives way to what a map waits for, at once. */
export const GUESS = 4;

/** Milliseconds after which background work gives way: to what a map waits for, and one at a time to other such work. */
export const YIELD_MS = 5000;

interface Waiting {
  urgency: () => number | undefined;
  start: () => void;
  drop: () => void;
}

interface Running {
  urgency: () => number | undefined;
  giveWay: (() => void) | undefined;
  /** It has had its time. */
  old: boolean;
}

interface Lane {
  slots: number;
  running: Set<Running>;
  waiting: Waiting[];
  /** One of those that hang has given way lately. */
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
          reject(new Dropped('no longer wanted'));
        };
        const entry: Waiting = { urgency, start, drop };
        waiting.push(entry);
        signal?.addEventListener('abort', drop, { once: true });
        pump(layer);
      });
    },
  };
}

/** The most urgent of what waits, and what is not wanted any more. */
function choose(waiting: readonly Waiting[]) {
  let best: Waiting | undefined;
  let urgency = Infinity;
  const dropped: Waiting[] = [];
  for (const entry of waiting) {
    const own = entry.urgency();
    if (own === undefined) dropped.push(entry);
    else if (own < urgency || (own === UNTOLD && urgency === UNTOLD)) [best, urgency] = [entry, own];
  }
  return { best, urgency, dropped };
}

/** Ends the oldest of the tasks that nobody waits for, when it has had its time. True: that was for another of its kind. */
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
  // All of them hang: one at a time is begun anew, so that a slow origin's answers are not lost.
  if (behind.length < 2 || behind.length < lane.running.size || lane.renewed) return false;
  lane.renewed = true;
  oldest.giveWay?.();
  return true;
}
