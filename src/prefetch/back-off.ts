/** When something may be asked for again. Instants are milliseconds. */
export interface BackOff {
  /** It failed; `after`: milliseconds that the server asks for. */
  failed(at: number, after?: number): void;
  answered(): void;
  /** Nothing is asked for before this instant. */
  readonly until: number;
}

const FIRST = 2000;
const LAST = 300_000;

/** Twice as long after each failure in a row, up to five minutes, and never less than the server asks for. */
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
