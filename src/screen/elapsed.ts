/** An instant, read from two clocks. */
export interface Mark {
  /** Epoch milliseconds of the device's clock, which users and servers may set. */
  wall: number;
  /** Milliseconds of a timer that nobody sets. It may stand still while the device sleeps. */
  steady: number;
}

/** The clocks. Without `monotonic`, only the device's clock counts. */
export interface Clocks {
  now(): number;
  monotonic?(): number;
}

/** A clock that shows an earlier time was not set yet: this package did not exist then. */
const NOT_YET = Date.UTC(2024, 0, 1);
/** Milliseconds. No device sleeps longer: if the clock is further ahead of the timer, somebody has set it. */
const LONGEST_SLEEP = 30 * 86_400_000;

export function markOf({ now, monotonic }: Clocks): Mark {
  const wall = now();
  return { wall, steady: monotonic?.() ?? wall };
}

/**
 * Returns the seconds since a mark. If the device's clock went back, the timer counts. If it is ahead of the timer, the
 * device may have slept, which counts; a lead of more than 30 days, or a mark from before 2024, means that the clock
 * was set, and the timer counts.
 */
export function secondsSince(mark: Mark, clocks: Clocks): number {
  const here = markOf(clocks);
  const steady = Math.max(0, here.steady - mark.steady);
  const wall = here.wall - mark.wall;
  const wasSet = wall < steady || mark.wall < NOT_YET || wall - steady > LONGEST_SLEEP;
  return (wasSet ? steady : wall) / 1000;
}
