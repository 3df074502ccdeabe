/** Bounds what a layer asks of its origin at once; the most urgent waits the least. */
export interface Limiter {
  /**
   * Runs `task` when the layer has a free slot. `urgency` is asked again whenever a slot frees: the lowest number
   * goes first, in order of arrival; `undefined` drops the task, which rejects with `Dropped`. The slot is free again
   * when the task has settled and what `until` says has happened.
   */
  run<T>(
    layer: string,
    slots: number,
    urgency: () => number | undefined,
    task: () => Promise<T>,
    until?: Promise<unknown>,
  ): Promise<T>;
  /** Starts everything that waits for the layer: queueing behind a dead network would cost a timeout a turn. */
  release(layer: string): void;
}

/** Why a queued task was never started. */
export class Dropped extends Error {}

/** Background work (urgency 2 and more) leaves at least half of the slots to what a map waits for. */
export const BACKGROUND = 2;

interface Waiting {
  urgency: () => number | undefined;
  start: () => void;
  drop: () => void;
}

export function createLimiter(): Limiter {
  const lanes = new Map<string, { running: number; slots: number; waiting: Waiting[] }>();

  const pump = (layer: string) => {
    const lane = lanes.get(layer);
    while (lane && lane.waiting.length > 0 && lane.running < lane.slots) {
      let best: Waiting | undefined;
      let bestUrgency = Infinity;
      const dropped = new Set<Waiting>();
      for (const entry of lane.waiting) {
        const urgency = entry.urgency();
        if (urgency === undefined) dropped.add(entry);
        else if (urgency < bestUrgency) [best, bestUrgency] = [entry, urgency];
      }
      lane.waiting = lane.waiting.filter((entry) => entry !== best && !dropped.has(entry));
      for (const entry of dropped) entry.drop();
      if (!best) return;
      if (bestUrgency >= BACKGROUND && lane.running >= Math.max(1, lane.slots >> 1)) {
        lane.waiting.unshift(best);
        return;
      }
      best.start();
    }
    if (lane && lane.running === 0 && lane.waiting.length === 0) lanes.delete(layer);
  };

  return {
    run(layer, slots, urgency, task, until) {
      return new Promise((resolve, reject) => {
        const lane = lanes.get(layer) ?? { running: 0, slots, waiting: [] };
        lanes.set(layer, lane);
        const start = () => {
          lane.running += 1;
          const free = () => {
            lane.running -= 1;
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
        lane.waiting.push({ urgency, start, drop: () => reject(new Dropped('no longer wanted')) });
        pump(layer);
      });
    },
    release(layer) {
      const waiting = lanes.get(layer)?.waiting.splice(0) ?? [];
      for (const entry of waiting) entry.start();
    },
  };
}
