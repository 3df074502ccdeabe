import type { BackOff } from './back-off';
import type { Budget } from './budget';
import type { InFlight } from './in-flight';
import type { Outlook } from './outlook';
import type { Obstacle } from './types';
import type { View, ViewWatch } from './watch-view';

/** Starts requests whenever nothing is in the way. */
export interface Pump {
  /** Looks at the conditions and the view, starts the requests that they allow, and looks again later if it must. */
  run(): void;
  /** Runs after so many milliseconds, instead of at the time that was set before. */
  later(ms: number): void;
  /** Aborts the requests in progress until the next run. */
  halt(): void;
  /** Returns the obstacle that the last run found. */
  known(): Obstacle | undefined;
  /** Aborts the requests in progress, and starts no others. */
  stop(): void;
}

/** The parts of the browser that the pump uses. */
interface Clock {
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** What the pump takes its decisions from. */
interface PumpParts {
  budget: Budget;
  backOff: BackOff;
  outlook: Outlook;
  inFlight: InFlight;
  obstacle: () => Obstacle | undefined;
  /** Returns the view, or `undefined` while there is none. */
  look: ViewWatch['look'];
  concurrency: number;
}

/** Milliseconds without movement after which a map is at rest. */
export const SETTLE = 100;
/** Milliseconds between two looks at an incomplete view: at first, and after some seconds. */
const LOOK = [50, 1000] as const;
const AT_FIRST = 5000;

/** Returns when to look again at a view for which nothing can be fetched yet; `undefined` if an event will call. */
const wait = (view: View): number | undefined => {
  if (view.still < SETTLE) return SETTLE - view.still;
  return view.complete ? undefined : LOOK[view.still < AT_FIRST ? 0 : 1];
};

export function createPump(
  { budget, backOff, outlook, inFlight, obstacle, look, concurrency }: PumpParts,
  env: Clock,
): Pump {
  let timer: unknown;
  let stopped = false;
  let known: Obstacle | undefined;

  const later = (ms: number) => {
    env.clearTimeout(timer);
    timer = env.setTimeout(run, ms);
  };
  const halt = () => {
    inFlight.abort(() => true);
    outlook.drop();
  };

  function run(): void {
    env.clearTimeout(timer);
    if (stopped) return;
    known = obstacle();
    if (known) return halt();
    const view = look();
    const pause = backOff.until - env.now();
    if (pause > 0) return later(pause);
    // A map that is missing, or shows nothing of the layer, may be on its way to a target. It tells nobody when it
    // appears: look again later.
    const pending = view ? wait(view) : LOOK[1];
    const ready = pending === undefined;
    if (ready && outlook.renew(view!.box)) budget.turned();
    if (ready) budget.shown(outlook.shown());
    while (inFlight.size() < concurrency) {
      const want = outlook.next(ready, (one) => budget.allows(one.reason) && !inFlight.has(one));
      if (!want) break;
      inFlight.start(want);
    }
    if (pending !== undefined) later(pending);
  }

  return {
    run,
    later,
    halt,
    known: () => known,
    stop() {
      stopped = true;
      env.clearTimeout(timer);
      inFlight.abort(() => true);
    },
  };
}
