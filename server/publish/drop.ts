import { withDeadline } from '../http/deadline';
import { owedOf } from '../versions/owed';
import type { OriginState } from '../versions/state';
import type { Chain } from './chain';
import { dueAt, LONGEST_STEP, type Outcome, purgeDue } from './debts';
import type { PublicationPlan } from './plan';
import { layerTag } from '../tiles/cache-tags';
import type { Publication } from './publication';
import type { Timed } from './publish-steps';
import type { PublishRun } from './publish-run';

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
}

/** Clears and purges what the plan names, and what is owed of the layer from before. */
export async function drop(
  chain: Chain,
  { publication, before, timed }: PublishRun,
  { plan, written, clearing }: DropTask,
): Promise<{ cleared: boolean; outcomes: Outcome[] }> {
  const { layer } = publication;
  const owed = written ? owedOf(written, layer) : (before?.owed ?? []);
  const due = (cdn?: string) => dueAt(cdn, plan, owed, layer);
  const owedBefore = before?.owed?.some(({ cdn }) => cdn === undefined);
  const own = clearing || owedBefore ? due() : undefined;
  const whole = owedBefore || !plan;
  const cleared = !own || (await (whole ? clearAll(chain, layer, timed) : clear(chain, publication, plan, timed)));
  const outcomes = await purgeDue(chain.cdns(), due, layer, timed);
  const purged = cleared ? outcomes : outcomes.map((each) => ({ ...each, ok: false }));
  return { cleared, outcomes: own && chain.onClear ? [...purged, { ...own, ok: cleared }] : purged };
}
