import { withDeadline } from '../http/deadline';
import { owedOf } from '../versions/owed';
import type { OriginState } from '../versions/state';
import type { Chain } from './chain';
import { dueAt, LONGEST_STEP, type Outcome } from './debts';
import { paceOf } from './pace';
import type { PublicationPlan } from './plan';
import { layerTag } from '../tiles/cache-tags';
import type { Publication } from './publication';
import type { Timed } from './publish-steps';
import type { PublishRun } from './publish-run';
import { purgeDue } from './purge-due';

/** Clears what the plan names in the origin's own cache; true without a hook, too. */
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

/** Clears all of a layer there. */
export const clearAll = (chain: Chain, layer: string, timed: Timed): Promise<boolean> =>
  clear(chain, { layer, tags: [], changed: true }, { kind: 'layer', tags: [layerTag(layer)] }, timed);

/** What is to be dropped. */
export interface DropTask {
  /** Absent: only what is owed. */
  plan: PublicationPlan | undefined;
  /** The state with what is owed now; absent: what was owed before the run. */
  written: OriginState | undefined;
  /** The plan is to be cleared in the origin's own cache, too. */
  clearing: boolean;
  /** The layer's option `stagger` does not count. */
  atOnce?: boolean;
}

/** What became of it. */
export interface Dropped {
  cleared: boolean;
  outcomes: Outcome[];
  /** Epoch milliseconds: when the first part of a purge had ended, and the last one began. They lie apart where it is spread over zooms. */
  firstEnd: number;
  lastStart: number;
}

/** Clears and purges what the plan names, and what is owed of the layer from before. */
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
  // An edge that fills itself from a cache that was not cleared is to be purged again, all of it.
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
