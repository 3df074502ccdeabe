import { layerState, type OriginState, type Step } from '../versions/state';
import { end } from '../versions/begun';
import { markDone, reannounce, unstage } from '../versions/transitions';
import { type Chain, holdersOf, planOf } from './chain';
import { check, lookFirst, verifiable } from './check-edge';
import { account, writeAhead } from './debts';
import { drop } from './drop';
import { planWhole, type PublicationPlan } from './plan';
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
  const step = abandoned === undefined ? earlier : { ...earlier, cleared: false, purged: false, verified: false };
  const can = { clear: chain.onClear !== undefined, verify: inForce && verifiable(chain, publication, plan) };
  const todo = outstanding(step, can);
  // While the abandoned version was staged, every tile of the layer could get its label.
  const dropped = todo.purge ? (abandoned === undefined ? plan : planWhole(publication)) : undefined;
  const written = await takeBack(chain, run, { earlier, abandoned, plan: dropped, todo });
  const purgedAt = chain.now();
  const previous = abandoned ?? from;
  const probed = todo.verify ? await lookFirst(chain, run, plan, previous) : undefined;
  const purged =
    todo.purge || before?.owed ? await dropAgain(chain, run, { plan: dropped, todo, revision, written }) : false;
  let again = todo.purge && purged;
  if (todo.verify) {
    const verified = await check(run, probed, { version: to, previous, purgedAt });
    again &&= verified;
    if (verified) await markVerified(chain, run, revision);
  }
  const repaired = again && inForce ? await announceAgain(chain, run, step) : revision;
  return run.report({ version: to, previous: from, revision: repaired, plan: plan.kind });
}

interface Again {
  earlier: Step;
  /** The label of a version that was never announced. */
  abandoned: string | undefined;
  /** The plan, if it is purged again. */
  plan: PublicationPlan | undefined;
  todo: Outstanding;
}

/**
 * Withdraws a later version that was begun but not announced, labels the origin's tiles with the version in force again,
 * and records the purges, all in one write: a process that ends afterwards has left nothing half done. The changes of
 * the withdrawn version have to be published anew. Resolves with the state if something was written.
 */
async function takeBack(
  chain: Chain,
  { publication, before, timed }: PublishRun,
  { earlier, abandoned, plan, todo }: Again,
): Promise<OriginState | undefined> {
  const { versions, now } = chain;
  const { layer, version } = publication;
  const withdraws = version !== undefined && before?.version === earlier.to;
  if (!withdraws && abandoned === undefined && !plan) return undefined;
  const holders = holdersOf(chain).filter((cdn) => todo.clear || cdn !== undefined);
  const write = () =>
    versions.update((current) => {
      const left = withdraws ? end(current, (begun) => begun.layer === layer) : current;
      const labelled = (abandoned !== undefined && unstage(left, layer, abandoned, earlier.revision)) || left;
      const due = (plan && writeAhead(labelled, layer, plan, holders, now())) || labelled;
      return due === current ? undefined : due;
    });
  if (abandoned === undefined) return write();
  let written: OriginState | undefined;
  await timed('stage', async () => {
    written = await write();
    return `the origin labels its tiles with ${earlier.to} again; ${abandoned} was never announced`;
  });
  return written;
}

interface DropAgain {
  /** The plan. Absent: only earlier debts. */
  plan: PublicationPlan | undefined;
  todo: Outstanding;
  revision: number;
  /** The state with the debts, if it was written. */
  written: OriginState | undefined;
}

/** Drops again what is outstanding. Resolves with whether everything was dropped. */
async function dropAgain(
  chain: Chain,
  run: PublishRun,
  { plan, todo, revision, written }: DropAgain,
): Promise<boolean> {
  const { layer } = run.publication;
  const { cleared, outcomes } = await drop(chain, run, {
    plan,
    written,
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
    return `revision ${repaired}, for clients that learned of the version too early`;
  });
  return repaired;
}
