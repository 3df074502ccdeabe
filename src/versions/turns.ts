import type { Env } from '../page/env';
import type { Tabs } from '../page/tabs';
import type { CheckRecords } from './check-record';
import { released, takeTurn } from './leader';
import { isDue, nextDelay } from './poll-schedule';
import type { SharedChecks } from './shared-checks';

/** Decides when this page checks the versions. Handles one manifest at a time. */
export interface Turns {
  /**
   * Runs `task` after all earlier tasks, so that an older manifest is never adopted after a newer one. `task` must not
   * reject.
   */
  exclusive(task: () => Promise<void>): Promise<void>;
  /** Resets the timer of the next check. */
  schedule(): void;
  /** Checks, if the last check of any tab is at least `minAge` milliseconds old, and no other tab is checking. */
  turn(minAge: number): void;
}

/** The parts of the watch that the turns need. */
export interface TurnParts {
  env: Env & Pick<Tabs, 'locks'>;
  /** Milliseconds from one check to the next. */
  interval: number;
  records: Pick<CheckRecords, 'name' | 'stored'>;
  shared: Pick<SharedChecks, 'failures' | 'lastAt' | 'catchUp'>;
  /** Returns how often in a row the page has doubted the last manifest. After a doubt it checks again soon. */
  doubts: () => number;
  /** Makes one check. Must not reject. */
  poll: () => Promise<void>;
  /** Settles once manifests may be handled. */
  first: Promise<void>;
  closed: AbortSignal;
}

/** Milliseconds until the page checks a doubtful change again. The pause grows each time. */
const SECOND_LOOK = 5000;
/** Milliseconds in which a tab's messages and records reach the processes of the others. */
const ARRIVED_MS = 500;

/** Creates the turns. They schedule nothing before the first `turn` or `schedule`. */
export function createTurns({ env, interval, records, shared, doubts, poll, first, closed }: TurnParts): Turns {
  let delay = interval;
  let timer: unknown;
  let chain = first;
  let busy = 0;
  let waiting: Promise<void> | undefined;

  /** While the endpoint fails, checking a doubtful change again is of no use. */
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
    // While a manifest is being handled, only reset the timer: the manifest may not come from a check, which would do
    // so.
    const ring = () => (busy ? schedule() : turn(delay * 0.8));
    // A hidden page waits longer, so that a visible one checks first.
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
    void exclusive(async () => {
      const outcome = await takeTurn(env, records.name, () => due(minAge), overdue, poll);
      // A page that has just been loaded may not have heard the tab that did, or does, check.
      if (outcome === 'early') shared.catchUp();
      if (outcome === 'held')
        waiting ??= released(env, records.name, closed).then(() => void env.setTimeout(again, ARRIVED_MS));
    }).then(schedule);

    const again = () => {
      waiting = undefined;
      shared.catchUp();
      turn(minAge);
    };
  }

  return { exclusive, schedule, turn };
}
