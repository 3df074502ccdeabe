/** The longest pause after failures, whatever the interval. */
const LONGEST = 15 * 60_000;

/**
 * Returns the milliseconds until the next check. `random` is 0 to 1. It varies the delay by a tenth, or after a failure
 * by half, so that many pages do not check at the same time.
 */
export function nextDelay(interval: number, failures: number, random: number): number {
  if (!failures) return interval * (0.9 + 0.2 * random);
  const pause = Math.min(interval * 2 ** Math.min(failures, 10), interval * 10, Math.max(interval, LONGEST));
  return Math.max(interval * 0.9, pause * (0.5 + 0.5 * random));
}

/**
 * Returns true if the last check is at least `minAge` milliseconds old, or lies in the future because the clock was set
 * back.
 */
export function isDue(now: number, lastAt: number, minAge: number): boolean {
  return !(now >= lastAt && now - lastAt < minAge);
}
