/** Decides when the next request may be made. Times are milliseconds. */
export interface BackOff {
  /** Notes a failure. `after`: milliseconds that the server asks to wait. */
  failed(at: number, after?: number): void;
  answered(): void;
  /** The time before which no request is made. */
  readonly until: number;
}

const FIRST = 2000;
const LAST = 300_000;

/**
 * Creates a back-off that doubles after each consecutive failure, up to five minutes, and is never shorter than the
 * server asks.
 */
export function createBackOff(random: () => number = Math.random): BackOff {
  let failures = 0;
  let until = 0;
  return {
    failed(at, after = 0) {
      const pause = Math.min(LAST, FIRST * 2 ** Math.min(failures++, 10)) * (1 + random() / 4);
      until = Math.max(until, at + Math.max(pause, after));
    },
    answered() {
      failures = 0;
    },
    get until() {
      return until;
    },
  };
}
