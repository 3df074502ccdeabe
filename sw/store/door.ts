import { DeadlineMissed, type Timers, within } from '../util/deadline';

/**
 * Guards access to a storage that may never answer. The door gives up on work that does not settle in time. While such
 * work is stuck, the door refuses other work at once, except for one attempt per interval. A storage that hangs then
 * costs one wait, not one wait per tile.
 */
export interface Door {
  /**
   * Settles as the work does. Rejects with `DeadlineMissed` if the work does not settle in time or the door refuses it.
   */
  through<T>(work: () => Promise<T>): Promise<T>;
}

/** Waits as long as a write may take. For callers that would rather wait than go on without the tile. */
export type Patiently = 'patiently';

/**
 * The pause after a failed attempt, in deadlines: then attempts take up a sixth of the time in which the storage hangs.
 */
const PAUSES = 5;

/** `ms`: the deadline. `pauseMs`: the time between a failed attempt and the next one. Both in milliseconds. */
export function createDoor(ms: number, timers: Timers, pauseMs = PAUSES * ms): Door {
  let stuck = false;
  let trying = false;
  const pause = () => {
    stuck = trying = true;
    timers.setTimeout(() => (trying = false), pauseMs);
  };
  const opened = () => (stuck = false);
  return {
    through(work) {
      if (stuck && trying) return Promise.reject(new DeadlineMissed());
      const retried = stuck;
      trying ||= stuck;
      const running = asPromise(work);
      // A rejection is an answer, too. A late answer opens the door again.
      running.then(opened, opened);
      const bounded = within(running, ms, timers);
      bounded.catch((error: unknown) => {
        if (error instanceof DeadlineMissed && (retried || !stuck)) pause();
      });
      return bounded;
    },
  };
}

/** Turns a synchronous throw into a rejection: if storage is forbidden, the call itself throws. */
function asPromise<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
