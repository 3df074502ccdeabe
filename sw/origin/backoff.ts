/** Decides when a failed request may be tried again. */
export interface Backoff {
  readonly due: boolean;
  /** True while the origin asks us to hold our requests. */
  readonly held: boolean;
  /** Claims the next try; other callers wait. */
  claim(): void;
  /** `hold`: milliseconds for which the origin asks to be left alone. */
  failed(hold?: number): void;
}

/** Milliseconds until the first retry, and the longest pause between two. */
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;
/**
 * The longest pause in milliseconds that an origin can ask for: nothing else would tell us of changes that it shows
 * meanwhile.
 */
const LONGEST_HOLD = 300_000;

export function createBackoff(now: () => number, random: () => number): Backoff {
  let failures = 0;
  let tryAt = 0;
  let trying = true;
  let heldUntil = 0;
  // A clock that was set back must not stop the retries.
  const isBefore = (until: number, longest: number) => now() < until && until - now() <= longest;
  const delay = () =>
    Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(Math.max(failures - 1, 0), 5)) * (0.75 + random() / 2);
  return {
    get due() {
      return !isBefore(tryAt, 2 * LONGEST_DELAY) && !this.held;
    },
    get held() {
      return isBefore(heldUntil, 2 * LONGEST_HOLD);
    },
    claim() {
      tryAt = now() + delay();
      trying = true;
    },
    failed(hold = 0) {
      const at = now();
      // Failures that come together count as one.
      if (trying || at >= tryAt) failures += 1;
      trying = false;
      tryAt = Math.max(tryAt, at + delay());
      // Not all browsers may return at the moment that the pause ends: a random addition spreads them.
      if (hold > 0) heldUntil = Math.max(heldUntil, at + Math.min(hold, LONGEST_HOLD) * (1 + random() / 10));
    },
  };
}
