/** Longest pause after failures, however long the interval's tenfold. */
const LONGEST = 15 * 60_000;

/**
 * Milliseconds until the next check. `random` is 0 to 1.
 * Jitter keeps a crowd of pages from asking in step: a tenth either way, half of the pause after a failure.
 */
export function nextDelay(interval: number, failures: number, random: number): number {
  if (!failures) return interval * (0.9 + 0.2 * random);
  const pause = Math.min(interval * 2 ** Math.min(failures, 10), interval * 10, Math.max(interval, LONGEST));
  return Math.max(interval * 0.9, pause * (0.5 + 0.5 * random));
}

/** True when the last check is at least `minAge` milliseconds old. A last check in the future (a clock set back) counts for nothing. */
export function isDue(now: number, lastAt: number, minAge: number): boolean {
  return !(now >= lastAt && now - lastAt < minAge);
}
