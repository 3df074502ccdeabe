import { type Begun, layerState, type Step } from '../versions/state';
import { begunOf, end, makesUpFor } from '../versions/begun';
import { announce, withdraw } from '../versions/transitions';
import type { Chain } from './chain';
import { account, type Outcome } from './debts';
import type { PublicationPlan } from './plan';
import type { PublishRun } from './publish-run';
import type { PublishReport } from './publish-steps';
import { repeated } from './repetition';
import { checkRoom } from './room';

/** A version to announce, and the outcome of the steps before. */
export interface Finished {
  version: string;
  content: string;
  plan: PublicationPlan;
  cleared: boolean;
  outcomes: readonly Outcome[];
  verified: boolean;
  /** Whether the run was recorded in the store. If its record is gone, another process has resumed it. */
  noted: boolean;
}

/**
 * Puts the version in force, accounts for the purges, and tells clients. The report says if another instance was first.
 */
export async function announceVersion(chain: Chain, run: PublishRun, finished: Finished): Promise<PublishReport> {
  const { versions, now } = chain;
  const { publication, timed } = run;
  const { layer, id } = publication;
  const { mark } = run;
  const { version, content, plan, cleared, outcomes, verified, noted } = finished;
  const { range, boxes, list } = plan;
  const done = { cleared, purged: outcomes.every(({ ok }) => ok), verified };
  const isSame = (each: Begun) =>
    each.mark === mark ||
    (each.layer === layer && each.version === version && each.content === content) ||
    makesUpFor(layer, plan.kind === 'layer', content)(each);
  let late: Step | undefined;
  let announced: Step | undefined;
  await timed('announce', async () => {
    const next = await versions.update((current) => {
      // Look for a repetition inside the update, where no other instance can intervene: the same publication may have
      // reached one. If another instance has resumed this run, it made the same version.
      const mine = noted && !begunOf(current, mark) ? version : publication.version;
      late = repeated(current, { layer, version: mine, id, content });
      if (late) return withdraw(current, layer, version);
      const next = announce(
        end(current, isSame),
        {
          layer,
          version,
          content,
          ...done,
          ...(range && { range }),
          ...(boxes && { boxes }),
          ...(list !== undefined && { tiles: list }),
          ...(id !== undefined && { id }),
        },
        now(),
      );
      checkRoom(next, layer);
      return account(next, layer, outcomes, now()) ?? next;
    });
    if (late) return `published already as revision ${late.revision}, by another instance`;
    announced = layerState(next, layer)?.steps.at(-1);
    return `revision ${announced?.revision}`;
  });
  if (late) return run.report({ version: late.to, previous: late.from, revision: late.revision, plan: plan.kind });
  if (!announced) return run.report({ version, revision: undefined, plan: plan.kind });
  return run.report({ version, revision: announced.revision, applied: true, plan: plan.kind });
}
