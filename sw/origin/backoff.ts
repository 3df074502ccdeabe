/** When what failed may be tried again. */
export interface Backoff {
  readonly due: boolean;
  /** Somebody tries now; the next one waits. */
  claim(): void;
  failed(): void;
}

const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;

export function createBackoff(now: () => number, random: () => number): Backoff {
  let failures = 0;
  let tryAt = 0;
  let trying = true;
  const delay = () =>
    Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(Math.max(failures - 1, 0), 5)) * (0.75 + random() / 2);
  return {
    get due() {
      const at = now();
      // A clock that jumped back must not silence the tries.
      return at >= tryAt || tryAt - at > 2 * LONGEST_DELAY;
    },
    claim() {
      tryAt = now() + delay();
      trying = true;
    },
    failed() {
      const at = now();
      // What fails together is one failure.
      if (trying || at >= tryAt) failures += 1;
      trying = false;
      tryAt = Math.max(tryAt, at + delay());
    },
  };
}
