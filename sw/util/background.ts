/** Collects background work that continues after answers, so that callers can wait for it. */
export interface Background {
  /** Takes work that has begun, and keeps the worker alive for it. */
  later(work: Promise<unknown>): void;
  /** Resolves when all work has settled. Never rejects. */
  settled(): Promise<unknown>;
}

export function createBackground(): Background {
  const running = new Set<Promise<unknown>>();
  // One list of waiting callers, resolved when no work is left: a flood of messages waits for the same work.
  let waiting: Array<() => void> = [];
  return {
    later(work) {
      const quiet: Promise<unknown> = work
        .catch(() => {})
        .finally(() => {
          running.delete(quiet);
          if (running.size > 0) return;
          const told = waiting;
          waiting = [];
          for (const tell of told) tell();
        });
      running.add(quiet);
    },
    settled: () =>
      running.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve)),
  };
}
