import { withDeadline } from '../http/deadline';
import { owedOf } from '../versions/owed';
import type { OriginState } from '../versions/state';
import type { Chain } from './chain';
import { dueAt, LONGEST_STEP, type Outcome } from './debts';
import { paceOf } from './pace';
import { planWhole, type PublicationPlan } from './plan';
import type { Publication } from './publication';
import type { Timed } from './publish-steps';
import type { PublishRun } from './publish-run';
import { purgeDue } from './purge-due';

/** Clears the plan's tiles from the origin's own cache. Resolves with true if there is no hook. */
export async function clear(
  { onClear }: Chain,
  publication: Publication,
  plan: PublicationPlan,
  timed: Timed,
): Promise<boolean> {
  if (!onClear) return true;
  return timed('clear', async () => {
    await withDeadline(Promise.resolve(onClear(publication, plan)), LONGEST_STEP, 'the hook: not done');
    return 'origin cache cleared';
  });
}

/** Clears the whole layer from the origin's own cache. */
export const clearAll = (chain: Chain, layer: string, timed: Timed): Promise<boolean> =>
  clear(chain, { layer, tags: [], changed: true }, planWhole({ layer }), timed);

/** The caches and tiles to drop. */
export interface DropTask {
  /** The plan. Absent: only earlier debts. */
  plan: PublicationPlan | undefined;
  /** The state with the current debts. Absent: the debts from before the run. */
  written: OriginState | undefined;
  /** Whether to clear the plan's tiles from the origin's own cache, too. */
  clearing: boolean;
  /** Whether to ignore the layer's option `stagger`. */
  atOnce?: boolean;
}

/** The outcome of dropping. */
export interface Dropped {
  cleared: boolean;
  outcomes: Outcome[];
  /**
   * Epoch milliseconds at which the first part of a purge ended and the last one began. They differ if it is spread
   * over zooms.
   */
  firstEnd: number;
  lastStart: number;
}

/** Clears and purges what the plan names, and what earlier publications of the layer owe. */
export async function drop(
  chain: Chain,
  { publication, before, mark, timed }: PublishRun,
  { plan: planned, written, clearing, atOnce }: DropTask,
): Promise<Dropped> {
  const { layer } = publication;
  const { now } = chain;
  const owed = written ? owedOf(written, layer) : (before?.owed ?? []);
  const plan = planned && atOnce ? withoutDropped(planned) : planned;
  const due = (cdn?: string) => dueAt(cdn, plan, owed, layer);
  const owedBefore = before?.owed?.some(({ cdn }) => cdn === undefined);
  const own = clearing || owedBefore ? due() : undefined;
  const whole = owedBefore || !plan;
  const startedAt = now();
  const cleared = !own || (await (whole ? clearAll(chain, layer, timed) : clear(chain, publication, plan, timed)));
  const seen = { firstEnd: Infinity, lastStart: startedAt };
  // If the origin's cache was not cleared, edges may refill from it: do not pace the purge, because all of it must be
  // repeated.
  const paced = atOnce || !cleared ? undefined : paceOf(chain, layer, before, mark);
  const watch = (what: 'begun' | 'ended') => {
    if (what === 'ended') seen.firstEnd = Math.min(seen.firstEnd, now());
    else if (seen.firstEnd < Infinity) seen.lastStart = now();
  };
  const outcomes = await purgeDue({ layer, cdns: chain.cdns(), due, timed, paced: paced && { ...paced, watch } });
  const purged = cleared ? outcomes : outcomes.map((each) => ({ ...each, ok: false }));
  return {
    cleared,
    outcomes: own && chain.onClear ? [...purged, { ...own, ok: cleared }] : purged,
    ...seen,
    firstEnd: Math.min(seen.firstEnd, now()),
  };
}

function withoutDropped({ dropped: _, ...plan }: PublicationPlan): PublicationPlan {
  return plan;
}
