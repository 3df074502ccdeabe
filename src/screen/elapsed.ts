/** Two readings of one instant. */
export interface Mark {
  /** Epoch milliseconds, by a clock that may be set. */
  wall: number;
  /** Milliseconds of a timer that nobody sets, and that may stand still while the device sleeps. */
  steady: number;
}

/** Where instants are read. Without `monotonic` only the clock is asked. */
export interface Clocks {
  now(): number;
  monotonic?(): number;
}

/** A clock that says less than this was not yet right: it is before this package was. */
const NOT_YET = Date.UTC(2024, 0, 1);
/** Nobody's device sleeps longer, in milliseconds: the clock was set. */
const LONGEST_SLEEP = 30 * 86_400_000;

export function markOf({ now, monotonic }: Clocks): Mark {
  const wall = now();
  return { wall, steady: monotonic?.() ?? wall };
}

/**
 * Seconds since a mark. A clock that goes back takes nothing away. One that runs ahead of the timer may mean that the
 * device slept, which counts; by too much, or from long ago, that the clock was set, which does not.
 */
export function secondsSince(mark: Mark, clocks: Clocks): number {
  const here = markOf(clocks);
  const steady = Math.max(0, here.steady - mark.steady);
  const wall = here.wall - mark.wall;
  const wasSet = wall < steady || mark.wall < NOT_YET || wall - steady > LONGEST_SLEEP;
  return (wasSet ? steady : wall) / 1000;
}
