import { layerState, type Step } from '../versions/state';
import { end } from '../versions/begun';
import { markDone, reannounce, unstage } from '../versions/transitions';
import { type Chain, planOf } from './chain';
import { check, lookFirst, verifiable } from './check-edge';
import { account } from './debts';
import { drop } from './drop';
import type { PublicationPlan } from './plan';
import type { PublishRun } from './publish-run';
import type { PublishReport } from './publish-steps';
import { type Outstanding, outstanding } from './repetition';

/** Repeats the failed steps of an earlier publication, and the steps after them. */
export async function repeat(chain: Chain, run: PublishRun, earlier: Step): Promise<PublishReport> {
  const { publication, before, timed } = run;
  const { revision, from, to } = earlier;
  const plan = planOf(chain, run, to, from);
  await timed('plan', async () => `published already as revision ${revision}`);
  const inForce = before?.version === to;
  // A publication that failed before its announcement has left its label, and tiles that carry it.
  const abandoned = inForce ? before.staged : undefined;
  // Publishing the version in force again withdraws a later version that was begun but not announced, with or without a
  // label.
  if (inForce && publication.version !== undefined) await takeBack(chain, publication.layer);
  const step = abandoned === undefined ? earlier : await labelAgain(chain, run, earlier, abandoned);
  const can = { clear: chain.onClear !== undefined, verify: inForce && verifiable(chain, publication, plan) };
  const todo = outstanding(step, can);
  const purgedAt = chain.now();
  const previous = abandoned ?? from;
  const probed = todo.verify ? await lookFirst(chain, run, plan, previous) : undefined;
  const purged = todo.purge || before?.owed ? await dropAgain(chain, run, plan, todo, revision) : false;
  let again = todo.purge && purged;
  if (todo.verify) {
    const verified = await check(run, probed, { version: to, previous, purgedAt });
    again &&= verified;
    if (verified) await markVerified(chain, run, revision);
  }
  const repaired = again && inForce ? await announceAgain(chain, run, step) : revision;
  return run.report({ version: to, previous: from, revision: repaired, plan: plan.kind });
}

async function takeBack({ versions }: Chain, layer: string): Promise<void> {
  await versions.update((current) => {
    const left = end(current, (begun) => begun.layer === layer);
    return left === current ? undefined : left;
  });
}

/**
 * Labels the origin's tiles with the version in force again. The changes of the abandoned version have to be published
 * anew.
 */
async function labelAgain(
  { versions }: Chain,
  { publication: { layer }, timed }: PublishRun,
  earlier: Step,
  abandoned: string,
): Promise<Step> {
  await timed('stage', async () => {
    await versions.update((current) => unstage(current, layer, abandoned, earlier.revision));
    return `the origin labels its tiles with ${earlier.to} again; ${abandoned} was never announced`;
  });
  return { ...earlier, cleared: false, purged: false, verified: false };
}

/** Drops again what is outstanding. Resolves with whether everything was dropped. */
async function dropAgain(
  chain: Chain,
  run: PublishRun,
  plan: PublicationPlan,
  todo: Outstanding,
  revision: number,
): Promise<boolean> {
  const { layer } = run.publication;
  const { cleared, outcomes } = await drop(chain, run, {
    plan: todo.purge ? plan : undefined,
    written: undefined,
    clearing: todo.clear,
  });
  const purged = cleared && outcomes.every(({ ok }) => ok);
  await chain.versions.update((current) => {
    // Without a hook, `cleared` is true.
    const marked = markDone(current, layer, revision, { cleared, purged });
    return account(marked ?? current, layer, outcomes, chain.now()) ?? marked;
  });
  return purged;
}

async function markVerified({ versions }: Chain, { publication }: PublishRun, revision: number): Promise<void> {
  await versions.update((current) => markDone(current, publication.layer, revision, { verified: true }));
}

/**
 * Announces the version again, because clients that heard of it while the edge was old may have old tiles. Resolves
 * with the new revision.
 */
async function announceAgain(
  { versions, now }: Chain,
  { publication: { layer }, timed }: PublishRun,
  step: Step,
): Promise<number> {
  let repaired = step.revision;
  await timed('announce', async () => {
    const next = await versions.update((current) => reannounce(current, layer, step, now()));
    repaired = layerState(next, layer)?.revision ?? repaired;
    return `revision ${repaired}, for clients that heard of the version too early`;
  });
  return repaired;
}
