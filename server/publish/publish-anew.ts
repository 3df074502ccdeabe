import { readVersion } from '../../src/shared/validate';
import { type LayerState, layerState, type OriginState } from '../versions/state';
import { stage, withdraw } from '../versions/transitions';
import { announceVersion } from './announce-version';
import { type Chain, holdersOf, planOf } from './chain';
import { check, lookFirst, proveTags, verifiable } from './check-edge';
import { begin, begunOf } from '../versions/begun';
import { begunBy } from './noted';
import { type Outcome, writeAhead } from './debts';
import { clear, drop } from './drop';
import { noteNewLayer } from './new-layer';
import type { PublicationPlan } from './plan';
import type { Probe } from './probe';
import { createPurgeAgain } from './purge-again';
import type { PublishRun } from './publish-run';
import { describe, type PublishReport, seamOf } from './publish-steps';

/** Carries out a publication that is not a repetition, from the plan to the announcement. */
export async function publishAnew(chain: Chain, run: PublishRun, content: string): Promise<PublishReport> {
  const stop = chain.underWay.start(run.mark);
  try {
    return await fromPlanToAnnouncement(chain, run, content);
  } finally {
    stop();
  }
}

/**
 * Records the run before it looks at samples, which may take long. If the store fails, the step `stage` reports it. If
 * the run is neither announced nor to be resumed, its record is removed at the end.
 */
async function note(chain: Chain, run: PublishRun, named: string, content: string): Promise<void> {
  const { publication, before } = run;
  const version = madeBefore(publication, before) ?? named;
  await chain.versions
    .update((current) => {
      const noted = begin(current, begunBy(run, version, content, chain.now()));
      return noted === current ? undefined : noted;
    })
    .catch(() => undefined);
}

async function fromPlanToAnnouncement(chain: Chain, run: PublishRun, content: string): Promise<PublishReport> {
  const { now, onClear, makeVersion } = chain;
  const { publication, before } = run;
  const named =
    publication.version ?? readVersion(await makeVersion(publication.layer), 'makeVersion', 'INVALID_OPTION');
  const planned = planOf(chain, run, named, before?.version);
  // If the edge is not looked at, the step `stage` follows at once and records the run itself.
  if (verifiable(chain, publication, planned)) await note(chain, run, named, content);
  await tellPlan(chain, run, planned);
  const probed = await lookFirst(chain, run, planned, before?.version);
  const waits = probed?.canAskOrigin === true;
  const label = await stageVersion(chain, run, { version: named, plan: planned, content }, waits);
  const { version, plan } = label;
  let { written } = label;
  let cleanFirst = false;
  if (probed && waits) {
    const origin = await awaitOrigin(chain, run, label, probed);
    if (!origin.ready) return run.report({ plan: plan.kind });
    ({ cleanFirst, written } = origin);
  }
  const haveZooms = await proveTags(chain, run, probed, plan);
  const purgedAt = now();
  const clearing = onClear !== undefined && !cleanFirst;
  const atOnce = !label.staged || !haveZooms;
  const { cleared, outcomes: dropped, ...at } = await drop(chain, run, { plan, written, clearing, atOnce });
  // Without the label, the edge may have stored new tiles as the old version: purge again later.
  const outcomes = label.staged ? dropped : dropped.map((each) => ({ ...each, ok: false }));
  // Purge again before the announcement if the edge has refilled with old tiles: clients would store them in their new
  // cache.
  const late: Outcome[] = [];
  const purgeAgain = createPurgeAgain({
    ...{ now, sleep: chain.sleep, at: at.firstEnd },
    // Leave earlier debts to the first purge.
    purge: async () => {
      const again = { plan, written: undefined, clearing, atOnce: true };
      late.push(...(await drop(chain, { ...run, before: undefined }, again)).outcomes);
    },
  });
  const verified = await check(run, probed, {
    ...{ version, previous: before?.version, purgedAt, lastPurgeAt: at.lastStart },
    // If a purge failed, the background retries it anyway.
    ...(outcomes.length > 0 && outcomes.every(({ ok }) => ok) && { purgeAgain }),
  });
  const all = [...outcomes, ...late];
  return announceVersion(chain, run, { version, content, plan, cleared, outcomes: all, verified, noted: label.noted });
}

async function tellPlan(
  chain: Chain,
  { publication, before, timed }: PublishRun,
  plan: PublicationPlan,
): Promise<void> {
  const { layers } = chain;
  const { layer, tags, samples = [] } = publication;
  const note = before || Object.hasOwn(layers, layer) ? '' : noteNewLayer(layer, Object.keys(layers));
  const unseen =
    samples.length > 0 && !verifiable(chain, publication, plan) ? 'this origin does not check its samples' : '';
  await timed('plan', async () => [describe(plan, tags.length), seamOf(plan), note, unseen].filter(Boolean).join('; '));
}

/** A version and its plan. */
interface Named {
  version: string;
  plan: PublicationPlan;
}

/** The version that the origin labels its tiles with. */
interface Label extends Named {
  /** The state with the label, if it could be stored. */
  written: OriginState | undefined;
  staged: boolean;
  /** Whether the run is recorded. */
  noted: boolean;
}

/** Returns the version that the same publication already made, at another instance or before a crash. */
const madeBefore = ({ version, id }: PublishRun['publication'], label: LayerState | undefined): string | undefined =>
  version === undefined && id !== undefined && label?.stagedFor === id ? label.staged : undefined;

/** Labels the origin's tiles. With `waits`, does not record purges yet. */
async function stageVersion(
  chain: Chain,
  run: PublishRun,
  { version: named, plan: planned, content }: Named & { content: string },
  waits: boolean,
): Promise<Label> {
  const { versions, now } = chain;
  const { publication, before, timed } = run;
  const { layer, id } = publication;
  let written: OriginState | undefined;
  let version = named;
  let plan = planned;
  const staged = await timed('stage', async () => {
    written = await versions.update((current) => {
      const same = madeBefore(publication, layerState(current, layer));
      const noted = begin(current, begunBy(run, same ?? named, content, now()));
      const labelled = (same === undefined && stage(noted, layer, named, id)) || noted;
      const due = planOf(chain, run, same ?? named, before?.version);
      // Do not record purges yet: the background must not purge either while the origin may turn out not to be ready.
      if (waits) return labelled === current ? undefined : labelled;
      return writeAhead(labelled, layer, due, holdersOf(chain), now()) ?? labelled;
    });
    version = madeBefore(publication, layerState(written, layer)) ?? named;
    plan = planOf(chain, run, version, before?.version);
    return before ? 'the origin labels its tiles with the new version' : 'first publication of this layer';
  });
  return { version, plan, written, staged, noted: written !== undefined && begunOf(written, run.mark) !== undefined };
}

/** The outcome of waiting for the origin. */
interface Origin {
  /** Whether its samples are of the new version. */
  ready: boolean;
  /** Whether its own cache was cleared. */
  cleanFirst: boolean;
  /** The state with the purges that are now due, if it could be stored. */
  written: OriginState | undefined;
}

/**
 * Clears the origin's cache and waits for the new tiles. If they do not arrive, removes the label; otherwise records
 * the purges.
 */
async function awaitOrigin(chain: Chain, run: PublishRun, { version, plan }: Named, probed: Probe): Promise<Origin> {
  const { versions, now, onClear } = chain;
  const { publication, timed } = run;
  const { layer } = publication;
  const cleanFirst = onClear !== undefined && (await clear(chain, publication, plan, timed));
  if (!(await timed('ready', () => probed.ready(version)))) {
    await versions.update((current) => withdraw(current, layer, version)).catch(() => undefined);
    return { ready: false, cleanFirst, written: undefined };
  }
  const written = await versions
    .update((current) => {
      const left = holdersOf(chain).filter((cdn) => !cleanFirst || cdn !== undefined);
      return writeAhead(current, layer, plan, left, now());
    })
    .catch(() => undefined);
  return { ready: true, cleanFirst, written };
}
