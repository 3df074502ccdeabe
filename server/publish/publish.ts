import { readVersion } from '../../src/shared/validate';
import { newLayerRefused, noteNewLayer } from './new-layer';
import type { PublicationPlan } from './plan';
import { layerTag, planPublication } from './plan';
import type { Probe } from './probe';
import { createProbe } from './probe';
import type { Present } from './present';
import type { Publication } from './publication';
import { contentOf } from './publication';
import type { PublishReport, PublishStep, Timed } from './publish-steps';
import { createTimer, describe } from './publish-steps';
import type { Purger } from '../purge/purger';
import { withDeadline } from '../http/deadline';
import type { Outcome } from './debts';
import { account, dueAt, LONGEST_STEP, nameCdns, purgeDue, writeAhead } from './debts';
import { checkRoom } from './room';
import type { Retry } from './retry';
import { createRetry } from './retry';
import { owedOf } from '../versions/owed';
import { outstanding, repeated } from './repetition';
import type { LayerState, OriginState, Step } from '../versions/state';
import { layerState } from '../versions/state';
import type { OriginLayer } from '../tile-headers';
import { announce, markDone, reannounce, retire, stage, unstage } from '../versions/transitions';
import type { ReadyOptions } from './ready';
import type { VerifyOptions, VerifyTask } from './verify';
import type { TileId } from '../../src/shared/tile';
import { createQueues } from '../versions/version-store';

export type { PublishReport, PublishStep } from './publish-steps';

/** Options of publishing. */
export interface PublishOptions {
  /** CDNs to purge before the version is announced. @default [] */
  purgers?: readonly Purger[];
  /** URLs that a bounding box is purged by; above it the layer's tag is purged. @default 1000 */
  maxPurgeUrls?: number;
  /** Looks at the edge before the purge and after it, before the announcement; needs the layer's `edge`. @default false */
  verify?: VerifyOptions | false;
  /**
   * Looks for the samples at the origin before anything is purged: there, whole, of the new version. One that does not come in time
   * ends the publication, and nothing is purged or announced. Needs `verify`, and tiles wrapped with `tileHeaders` or the layer's
   * `edge.origin`. @default {}
   */
  ready?: ReadyOptions | false;
  /** Clears the origin's own tile cache. Runs before the CDN is purged, so that nothing old refills it. */
  onClear?: (publication: Publication, plan: PublicationPlan) => void | Promise<void>;
  /** Makes the version of a publication that names none, from the data; 1 to 128 printable ASCII characters. @default random */
  makeVersion?: (layer: string) => string | Promise<string>;
  /**
   * A layer that is not configured and of which nothing was published yet. `accept`: it is published, and the step `plan`
   * says that it is new. `refuse`: 400 `INVALID_MESSAGE`, naming `layer`. @default 'accept'
   */
  unknownLayers?: 'accept' | 'refuse';
}

/** What publishing stands on. */
export interface PublishParts {
  versions: Pick<Present, 'read' | 'update'>;
  layers: Record<string, OriginLayer>;
  fetch: typeof fetch;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
  /** Asks the tile handlers of this process. */
  askHandlers?: (url: string) => Promise<Response | undefined>;
  hasHandlers?: () => boolean;
  /** Tiles that this process served lately. */
  servedTiles?: (layer: string) => readonly TileId[];
  /** Hears of each step, also of those in the background, and of each report. */
  watch?: PublishWatch;
}

/** Who counts what publishing does. */
export interface PublishWatch {
  step(layer: string, step: PublishStep): void;
  /** `undefined`: it was refused, or the store failed. */
  published(layer: string, report: PublishReport | undefined): void;
}

/** Publishes, and tries again in the background what CDNs did not drop. */
export interface Publisher {
  publish: Publish;
  retry: Retry;
}

/** Publishes, of each layer one publication after another; `onStep` hears of each step as it ends. Rejects with `STORAGE_FAILED`, with `CONFLICT` for an id that stands for something else, and with `INVALID_MESSAGE` for a layer that `unknownLayers` refuses. */
export type Publish = (publication: Publication, onStep?: (step: PublishStep) => void) => Promise<PublishReport>;

/** One publication on its way. */
interface Job {
  publication: Publication;
  content: string;
  before: LayerState | undefined;
  timed: Timed;
  report(rest: Partial<PublishReport>): PublishReport;
}

/**
 * The chain from "the data changed" to "every screen shows it":
 * plan, look at samples, label the origin's tiles, clear its cache, see that they are ready, purge the CDNs, verify, announce.
 * The CDNs come before the announcement: else clients that hear of it fill the edge's old tile into their new cache.
 */
export function createPublisher(
  options: PublishOptions,
  { versions, layers, fetch, now, sleep, watch, askHandlers, hasHandlers, servedTiles }: PublishParts,
): Publisher {
  const {
    purgers = [],
    maxPurgeUrls = 1000,
    verify = false,
    ready = {},
    onClear,
    makeVersion = randomVersion,
    unknownLayers = 'accept',
  } = options;
  // One CDN that is slow with one layer holds up no other.
  const inTurn = createQueues();
  /** As they are now: the list may be filled after the origin was made, once the edges stand. */
  const cdns = () => nameCdns(purgers);
  /** All that a publication makes stale besides clients: the origin's own cache, and the CDNs. */
  const holders = () => [...(onClear ? [undefined] : []), ...cdns().map(({ cdn }) => cdn)];

  const edgeOf = (layer: string) => (Object.hasOwn(layers, layer) ? layers[layer]?.edge : undefined);

  const planOf = ({ publication, before }: Job, version: string, previous: string | undefined): PublicationPlan => {
    const atEdge = [version, previous, before?.staged].filter((each) => each !== undefined);
    return planPublication(publication, edgeOf(publication.layer), [...new Set(atEdge)], maxPurgeUrls);
  };

  const verifiable = ({ layer }: Publication, plan: PublicationPlan) =>
    Boolean(verify && edgeOf(layer)) && plan.kind !== 'metadata';

  const clear = async (publication: Publication, plan: PublicationPlan, timed: Timed): Promise<boolean> =>
    !onClear ||
    timed('clear', async () => {
      await withDeadline(Promise.resolve(onClear(publication, plan)), LONGEST_STEP, 'the hook: not done');
      return 'origin cache cleared';
    });

  const clearAll = (layer: string, timed: Timed) =>
    clear({ layer, tags: [], changed: true }, { kind: 'layer', tags: [layerTag(layer)] }, timed);

  /** Clears and purges what the plan names, and what is owed of the layer from before. */
  async function drop(
    { publication, before, timed }: Job,
    plan: PublicationPlan | undefined,
    written: OriginState | undefined,
    clearing: boolean,
  ): Promise<{ cleared: boolean; outcomes: Outcome[] }> {
    const { layer } = publication;
    const owed = written ? owedOf(written, layer) : (before?.owed ?? []);
    const due = (cdn?: string) => dueAt(cdn, plan, owed, layer);
    const owedBefore = before?.owed?.some(({ cdn }) => cdn === undefined);
    const own = clearing || owedBefore ? due() : undefined;
    const cleared = !own || (await (owedBefore || !plan ? clearAll(layer, timed) : clear(publication, plan, timed)));
    const outcomes = await purgeDue(cdns(), due, layer, timed);
    const purged = cleared ? outcomes : outcomes.map((each) => ({ ...each, ok: false }));
    return { cleared, outcomes: own && onClear ? [...purged, { ...own, ok: cleared }] : purged };
  }

  const probe = verify && createProbe({ verify, ready, fetch, now, sleep, askHandlers, hasHandlers, servedTiles });

  /** Looks at samples before anything is done; nothing where the edge is not to be checked. */
  const lookFirst = async ({ publication, timed }: Job, plan: PublicationPlan, version: string | undefined) => {
    const edge = edgeOf(publication.layer);
    if (!probe || !edge || !verifiable(publication, plan)) return undefined;
    const probed = probe(edge, publication, plan, version);
    await timed('look', probed.look);
    return probed;
  };

  /** Resolves with true where nothing was to be checked, too. */
  const check = ({ timed }: Job, probed: Probe | undefined, task: Omit<VerifyTask, 'layer' | 'edge' | 'tiles'>) =>
    probed ? timed('verify', () => probed.verify(task)) : Promise.resolve(true);

  const byTags = (plan: PublicationPlan) => !plan.urls && cdns().some(({ purger }) => purger.byTag !== false);

  /** Does again what failed, and what stands behind it. */
  async function repeat(job: Job, earlier: Step): Promise<PublishReport> {
    const { publication, before, timed } = job;
    const { layer } = publication;
    const { revision, from, to } = earlier;
    const plan = planOf(job, to, from);
    await timed('plan', async () => `published already as revision ${revision}`);
    let step: Step = earlier;
    const inForce = before?.version === to;
    // A publication that failed before its announcement left its label, and tiles that bear it.
    const abandoned = inForce ? before.staged : undefined;
    if (abandoned !== undefined) {
      await timed('stage', async () => {
        await versions.update((current) => unstage(current, layer, abandoned, revision));
        return `the origin labels its tiles with ${to} again, ${abandoned} was never announced`;
      });
      step = { ...earlier, cleared: false, purged: false, verified: false };
    }
    const todo = outstanding(step, { clear: onClear !== undefined, verify: inForce && verifiable(publication, plan) });
    const purgedAt = now();
    const probed = todo.verify ? await lookFirst(job, plan, abandoned ?? from) : undefined;
    let again = false;
    if (todo.purge || before?.owed) {
      const { cleared, outcomes } = await drop(job, todo.purge ? plan : undefined, undefined, todo.clear);
      const purged = cleared && outcomes.every(({ ok }) => ok);
      again = todo.purge && purged;
      await versions.update((current) => {
        // Without a hook there is nothing to clear.
        const marked = markDone(current, layer, revision, { cleared, purged });
        return account(marked ?? current, layer, outcomes, now()) ?? marked;
      });
    }
    if (todo.verify) {
      const verified = await check(job, probed, { version: to, previous: abandoned ?? from, purgedAt });
      again &&= verified;
      if (verified) await versions.update((current) => markDone(current, layer, revision, { verified }));
    }
    let repaired = revision;
    if (again && inForce) {
      // Clients that heard of it while the edge was old may hold old tiles of it.
      await timed('announce', async () => {
        const next = await versions.update((current) => reannounce(current, layer, step, now()));
        repaired = layerState(next, layer)?.revision ?? revision;
        return `revision ${repaired}, for clients that were told too early`;
      });
    }
    return job.report({ version: to, previous: from, revision: repaired, plan: plan.kind });
  }

  async function publishAnew(job: Job): Promise<PublishReport> {
    const { publication, content, before, timed } = job;
    const { layer, id } = publication;
    let version = publication.version ?? readVersion(await makeVersion(layer), 'makeVersion', 'INVALID_OPTION');
    let plan = planOf(job, version, before?.version);

    const note = before || Object.hasOwn(layers, layer) ? '' : noteNewLayer(layer, Object.keys(layers));
    await timed('plan', async () => [describe(plan, publication.tags.length), note].filter(Boolean).join('; '));
    const probed = await lookFirst(job, plan, before?.version);
    const waits = probed?.canAskOrigin === true;
    let written: OriginState | undefined;
    const staged = await timed('stage', async () => {
      const made = publication.version === undefined;
      written = await versions.update((current) => {
        const label = layerState(current, layer);
        // The same publication, at another instance or before a crash, has made a version already.
        const same = made && id !== undefined && label?.stagedFor === id && label.staged !== undefined;
        const labelled = same ? undefined : stage(current, layer, version, id);
        const due = planOf(job, same ? label.staged! : version, before?.version);
        // What the origin may prove not to be ready must not be purged in the background either.
        if (waits) return labelled;
        return writeAhead(labelled ?? current, layer, due, holders(), now()) ?? labelled;
      });
      const next = layerState(written, layer);
      if (made && id !== undefined && next?.stagedFor === id && next.staged !== undefined) version = next.staged;
      plan = planOf(job, version, before?.version);
      return before ? 'the origin labels its tiles with the new version' : 'first publication of this layer';
    });
    let cleanFirst = false;
    if (probed && waits) {
      cleanFirst = onClear !== undefined && (await clear(publication, plan, timed));
      if (!(await timed('ready', () => probed.ready(version)))) {
        await versions.update((current) => unstage(current, layer, version)).catch(() => undefined);
        return job.report({ plan: plan.kind });
      }
      written = await versions
        .update((current) => {
          const left = holders().filter((cdn) => !cleanFirst || cdn !== undefined);
          return writeAhead(current, layer, plan, left, now());
        })
        .catch(() => undefined);
    }
    const tags = probed && byTags(plan) ? probed.tags(plan.tags) : undefined;
    if (tags) await timed('tags', async () => tags);
    const purgedAt = now();
    const { cleared, outcomes: dropped } = await drop(job, plan, written, onClear !== undefined && !cleanFirst);
    // Without the label the edge may have filled itself with new tiles under the old one: to be purged again.
    const outcomes = staged ? dropped : dropped.map((each) => ({ ...each, ok: false }));
    const purged = outcomes.every(({ ok }) => ok);
    // Whoever hears of it before the edge is right fills the old tile into the new cache.
    const verified = await check(job, probed, { version, previous: before?.version, purgedAt });
    let late: Step | undefined;
    let announced: Step | undefined;
    await timed('announce', async () => {
      const { range } = plan;
      const next = await versions.update((current) => {
        // Asked again where nobody can come in between: the same publication may have reached another instance.
        late = repeated(current, { layer, version: publication.version, id, content });
        if (late) return unstage(current, layer, version);
        const done = { cleared, purged, verified };
        const next = announce(
          current,
          { layer, version, content, ...done, ...(range && { range }), ...(id !== undefined && { id }) },
          now(),
        );
        checkRoom(next, layer);
        return account(next, layer, outcomes, now()) ?? next;
      });
      if (late) return `published already as revision ${late.revision}, by another instance`;
      announced = layerState(next, layer)?.steps.at(-1);
      return `revision ${announced?.revision}`;
    });
    if (late) return job.report({ version: late.to, previous: late.from, revision: late.revision, plan: plan.kind });
    if (!announced) return job.report({ version, revision: undefined, plan: plan.kind });
    const { revision } = announced;
    return job.report({ version, revision, applied: true, plan: plan.kind });
  }

  /** The layer leaves the manifest once no cache holds it any more: what is still owed would be forgotten with it. */
  async function retireLayer(job: Job): Promise<PublishReport> {
    const { publication, before, timed } = job;
    const { layer } = publication;
    const plan = planPublication(publication, undefined, [], 0);
    await timed('plan', async () => (before ? 'the layer is retired' : 'there is no such layer'));
    if (!before) return job.report({});
    const written = await versions.update((current) => writeAhead(current, layer, plan, holders(), now()));
    const { outcomes } = await drop(job, plan, written, onClear !== undefined);
    const dropped = outcomes.every(({ ok }) => ok);
    let revision: number | undefined;
    await timed('announce', async () => {
      const next = await versions.update((current) =>
        dropped ? retire(current, layer, now()) : account(current, layer, outcomes, now()),
      );
      revision = next.revision;
      return {
        ok: dropped,
        detail: dropped ? `revision ${revision}, without it` : 'it stays until every cache dropped it',
      };
    });
    return job.report(dropped ? { version: undefined, revision, applied: true, plan: 'layer' } : { plan: 'layer' });
  }

  async function run(publication: Publication, tell: (step: PublishStep) => void): Promise<PublishReport> {
    const { layer, id, version } = publication;
    const state = await versions.read();
    const before = layerState(state, layer);
    if (unknownLayers === 'refuse' && !before && !Object.hasOwn(layers, layer))
      throw newLayerRefused(layer, Object.keys(layers));
    const steps: PublishStep[] = [];
    const report = (rest: Partial<PublishReport>): PublishReport => ({
      ok: steps.every((step) => step.ok),
      layer,
      version: before?.version,
      previous: before?.version,
      revision: before?.revision,
      applied: false,
      steps,
      ...rest,
    });
    const timed = createTimer(now, (step) => {
      steps.push(step);
      watch?.step(layer, step);
      tell(step);
    });
    if (!publication.changed) {
      await timed('plan', async () => 'nothing changed');
      return report({});
    }
    if (publication.retired) return retireLayer({ publication, content: '', before, timed, report });
    const content = await contentOf(publication);
    const earlier = repeated(state, { layer, version, id, content });
    const job: Job = { publication, content, before, timed, report };
    if (earlier) return repeat(job, earlier);
    checkRoom(
      announce(
        state,
        { layer, version: version ?? 'x'.repeat(16), content, purged: true, ...rangeOf(publication) },
        now(),
      ),
      layer,
    );
    return publishAnew(job);
  }

  async function counted(publication: Publication, tell: (step: PublishStep) => void): Promise<PublishReport> {
    let report: PublishReport | undefined;
    try {
      return (report = await run(publication, tell));
    } finally {
      watch?.published(publication.layer, report);
    }
  }

  return {
    publish: (publication, onStep = () => undefined) => inTurn(publication.layer, () => counted(publication, onStep)),
    retry: createRetry({
      versions,
      cdns,
      now,
      inTurn,
      ...(onClear && { clear: clearAll }),
      timed: (layer) => createTimer(now, (step) => watch?.step(layer, step)),
    }),
  };
}

const rangeOf = ({ bbox, zooms, scope }: Publication) =>
  bbox || zooms || scope ? { range: { ...(bbox && { bbox }), ...(zooms && { zooms }), ...(scope && { scope }) } } : {};

function randomVersion(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
