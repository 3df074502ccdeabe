import type { Env } from '../page/env';
import type { Tabs } from '../page/tabs';
import type { CheckRecords } from './check-record';
import { takeTurn } from './leader';
import { isDue, nextDelay } from './poll-schedule';
import type { SharedChecks } from './shared-checks';

/** Decides when this page checks the versions, one reading at a time. */
export interface Turns {
  /**
   * Runs `task` after all earlier tasks: an older reading must not be told after a newer one. `task` must not reject.
   */
  exclusive(task: () => Promise<void>): Promise<void>;
  /** Resets the timer of the next check. */
  schedule(): void;
  /** Checks, if the last check of any tab is `minAge` milliseconds old and no other tab is at it. */
  turn(minAge: number): void;
}

/** The parts of the watch that the turns need. */
export interface TurnParts {
  env: Env & Pick<Tabs, 'locks'>;
  /** Milliseconds from one check to the next. */
  interval: number;
  records: Pick<CheckRecords, 'name' | 'stored'>;
  shared: Pick<SharedChecks, 'failures' | 'lastAt'>;
  /** Returns how often in a row the page doubted the last reading; a doubted one is looked at again soon. */
  doubts: () => number;
  /** Makes one check. Must not reject. */
  poll: () => Promise<void>;
  /** Settles before the first reading may be told. */
  first: Promise<void>;
  closed: AbortSignal;
}

/** Milliseconds before a doubtful change is looked at again; longer each time. */
const SECOND_LOOK = 5000;

/** Creates the turns; schedules nothing before the first `turn` or `schedule`. */
export function createTurns({ env, interval, records, shared, doubts, poll, first, closed }: TurnParts): Turns {
  let delay = interval;
  let timer: unknown;
  let chain = first;
  let busy = 0;

  /** While the endpoint fails there is nothing to look at again. */
  const doubtful = () => !!doubts() && !shared.failures();

  function due(minAge: number): boolean {
    const isOld = (at: number) => isDue(env.now(), at, minAge);
    return doubtful() || (isOld(shared.lastAt()) && isOld(records.stored()?.at ?? -Infinity));
  }

  function schedule(): void {
    env.clearTimeout(timer);
    if (closed.aborted) return;
    delay = doubtful()
      ? SECOND_LOOK * doubts() * (1 + 0.2 * env.random())
      : nextDelay(interval, shared.failures(), env.random());
    // While a reading is being told, there is no turn to take, and that reading may be no check that would schedule the
    // next.
    const ring = () => (busy ? schedule() : turn(delay * 0.8));
    // A hidden page lets a visible one go first, and checks itself when there is none.
    timer = env.setTimeout(ring, delay * (!doubtful() && env.document.visibilityState === 'hidden' ? 1.5 : 1));
  }

  function exclusive(task: () => Promise<void>): Promise<void> {
    busy += 1;
    chain = chain.then(task).finally(() => {
      busy -= 1;
    });
    return chain;
  }

  function turn(minAge: number): void {
    if (busy || closed.aborted) return;
    const overdue = () => due(3 * delay + 30_000);
    void exclusive(() => takeTurn(env, records.name, () => due(minAge), overdue, poll)).then(schedule);
  }

  return { exclusive, schedule, turn };
}
