import type { Timers } from '../../../sw/util/deadline';

export interface FakeTimers extends Timers {
  /** Lets this number of milliseconds pass. Timers that are due run in order. */
  pass(ms: number): Promise<void>;
  readonly waiting: number;
  /** Milliseconds that have passed. */
  readonly elapsed: number;
}

/** Waits for some turns of the event loop, so that work that waits only for promises can proceed. */
export const settle = async (turns = 20): Promise<void> => {
  for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Creates a clock whose timers run when the test moves it. Timers of at most `soon` milliseconds run by themselves. */
export function fakeTimers({
  soon = -1,
  clock,
  idle = settle,
}: {
  soon?: number;
  /** A clock to move along with the timers. */
  clock?: { now: number };
  /** Waits until only timers are left. */
  idle?: () => Promise<void>;
} = {}): FakeTimers {
  const waiting = new Set<{ callback: () => void; at: number }>();
  let now = 0;
  const moveTo = (at: number) => {
    if (clock) clock.now += at - now;
    now = at;
  };
  return {
    setTimeout(callback, ms) {
      const timer = { callback, at: now + ms };
      waiting.add(timer);
      if (ms <= soon) setImmediate(() => waiting.delete(timer) && callback());
      return timer;
    },
    clearTimeout: (timer) => void waiting.delete(timer),
    async pass(ms) {
      const end = now + ms;
      for (;;) {
        await idle();
        const next = [...waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        moveTo(Math.max(now, next.at));
        waiting.delete(next);
        next.callback();
      }
      moveTo(end);
      await idle();
    },
    get elapsed() {
      return now;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
