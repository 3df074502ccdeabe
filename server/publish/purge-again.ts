/** Seconds before each further purge. They give an origin that labels late time to catch up. */
const PAUSES = [1, 3, 8];

/** Purges once more if the edge has refilled itself with the old tile after the purge. */
export interface PurgeAgain {
  /**
   * Returns a number that grows with each purge. Observations from before a purge say nothing about the edge after it.
   */
  round(): number;
  /** Returns the epoch milliseconds of the last purge. Everything stored later was fetched after it. */
  at(): number;
  /** Resolves with true once a purge has happened since `round`, and with false if no further purge will. */
  run(round: number, endsAt: number): Promise<boolean>;
}

export interface PurgeAgainParts {
  /** Purges. Resolves when the purge has succeeded or failed. */
  purge: () => Promise<unknown>;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
  /** Epoch milliseconds of the first purge. @default now */
  at?: number;
}

/** Creates it for one publication, whose samples share it. */
export function createPurgeAgain({ purge, now, sleep, at: first = now() }: PurgeAgainParts): PurgeAgain {
  let round = 0;
  let at = first;
  let flight: Promise<void> | undefined;

  async function again(seconds: number): Promise<void> {
    await sleep(seconds);
    await purge();
    [round, at] = [round + 1, now()];
  }

  return {
    round: () => round,
    at: () => at,
    async run(seen, endsAt) {
      if (seen !== round) return true;
      const seconds = PAUSES[round];
      if (!flight && (seconds === undefined || now() + seconds * 1000 > endsAt)) return false;
      await (flight ??= again(seconds!).finally(() => (flight = undefined)));
      return true;
    },
  };
}
