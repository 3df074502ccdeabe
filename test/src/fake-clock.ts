/** A clock that the test moves, with timers of several owners, which tests may suspend. */
export interface FakeClock {
  now(): number;
  /** Changes the time without running timers, as if somebody set the clock. */
  jump(ms: number): void;
  setTimeout(run: () => void, ms: number, owner?: object): unknown;
  clearTimeout(timer: unknown): void;
  /** Runs the timers that are due by then, in order, and lets promises settle after each. */
  advance(ms: number): Promise<void>;
  suspend(owner: object): void;
  resume(owner: object): void;
  pending(): number;
}

/** Lets promises, streams and cached dynamic imports settle. */
export async function settle(rounds = 12): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise((resolve) => setImmediate(resolve));
}

export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let elapsed = 0;
  let offset = start;
  let next = 1;
  const timers = new Map<number, { at: number; run: () => void; owner: object | undefined }>();
  const suspended = new Set<object>();

  const due = (until: number) =>
    [...timers]
      .filter(([, { at, owner }]) => at <= until && !(owner && suspended.has(owner)))
      .sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];

  return {
    now: () => offset + elapsed,
    jump(ms) {
      offset += ms;
    },
    setTimeout(run, ms, owner) {
      timers.set(next, { at: elapsed + Math.max(ms, 0), run, owner });
      return next++;
    },
    clearTimeout(timer) {
      timers.delete(timer as number);
    },
    async advance(ms) {
      const until = elapsed + ms;
      await settle();
      for (let timer = due(until); timer; timer = due(until)) {
        timers.delete(timer[0]);
        elapsed = Math.max(elapsed, timer[1].at);
        timer[1].run();
        await settle();
      }
      elapsed = until;
    },
    suspend: (owner) => void suspended.add(owner),
    resume: (owner) => void suspended.delete(owner),
    pending: () => timers.size,
  };
}
