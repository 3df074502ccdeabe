import { DeadlineMissed, type Timers, within } from '../util/deadline';

/**
 * The door to a storage that may never answer. Work that has not settled in time is given up, and while some of it is
 * stuck, others are refused at once but for one try in an interval: a storage that hangs costs one wait and not one a tile.
 */
export interface Door {
  /** Rejects as the work does, and with `DeadlineMissed` when it did not settle in time or was refused. */
  through<T>(work: () => Promise<T>): Promise<T>;
}

/** A try costs a request the whole deadline: a door that is stuck is tried for one part in six of the time. */
const PAUSES = 5;

/** `ms` is the deadline; a door that is stuck is tried again `pauseMs` after the last try has failed. */
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
      if (stuck && trying) return Promise.reject(new DeadlineMissed('the storage does not answer'));
      const retried = stuck;
      trying ||= stuck;
      const running = asPromise(work);
      // A refusal is an answer, too, and a late one opens the door again.
      running.then(opened, opened);
      const bounded = within(running, ms, timers);
      bounded.catch((error: unknown) => {
        if (error instanceof DeadlineMissed && (retried || !stuck)) pause();
      });
      return bounded;
    },
  };
}

/** Where storage is forbidden, the very call throws. */
function asPromise<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
