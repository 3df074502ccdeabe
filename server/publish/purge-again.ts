/** Purges that may follow the first one, and the seconds before each: whoever labels late has time to catch up. */
const PAUSES = [1, 3, 8];

/** Purges once more where the edge has filled itself with the old tile behind the purge. */
export interface PurgeAgain {
  /** Grows with each purge: what was seen before it says nothing of what lies there now. */
  round(): number;
  /** Epoch milliseconds: what is stored later was fetched behind the last purge. */
  at(): number;
  /** True once it was purged again since `round`; false where it is not purged any more. */
  run(round: number, endsAt: number): Promise<boolean>;
}

export interface PurgeAgainParts {
  /** Resolves when the purge is done, or has failed. */
  purge: () => Promise<unknown>;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
  /** Epoch milliseconds: what is stored later was fetched behind the first purge. @default now */
  at?: number;
}

/** Makes it for one publication, whose samples share it. */
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
