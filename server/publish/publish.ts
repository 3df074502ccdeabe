import { readVersion } from '../../src/shared/validate';
import { newLayerRefused, noteNewLayer } from './new-layer';
import type { PublicationPlan } from './plan';
import { planPublication, sampleTiles } from './plan';
import type { Present } from './present';
import type { Publication } from './publication';
import { contentOf } from './publication';
import type { PublishReport, PublishStep, Timed } from './publish-steps';
import { createTimer, describe, purgeAll } from './publish-steps';
import type { Purger } from '../purge/purger';
import { outstanding, repeated } from './repetition';
import type { LayerState, Step } from '../versions/state';
import { layerState } from '../versions/state';
import type { OriginLayer } from '../tile-headers';
import { announce, markDone, stage, unstage } from '../versions/transitions';
import type { VerifyOptions, VerifyTask } from './verify';
import { verifyEdge } from './verify';
import { createQueue } from '../versions/version-store';

export type { PublishReport, PublishStep } from './publish-steps';

/** Options of publishing. */
export interface PublishOptions {
  /** CDNs to purge before the version is announced. @default [] */
  purgers?: readonly Purger[];
  /** URLs that a bounding box is purged by; above it the layer's tag is purged. @default 1000 */
  maxPurgeUrls?: number;
  /** Looks at the edge afterwards; needs the layer's `edge`. @default false */
  verify?: VerifyOptions | false;
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
}

/** Publishes, one publication after another; `onStep` hears of each step as it ends. Rejects with `STORAGE_FAILED`, with `CONFLICT` for an id that stands for something else, and with `INVALID_MESSAGE` for a layer that `unknownLayers` refuses. */
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
 * plan, label the origin's tiles, clear its cache, purge the CDNs, announce, verify.
 * The CDNs come before the announcement: else clients that hear of it fill the edge's old tile into their new cache.
 */
export function createPublish(options: PublishOptions, { versions, layers, fetch, now, sleep }: PublishParts): Publish {
  const {
    purgers = [],
    maxPurgeUrls = 1000,
    verify = false,
    onClear,
    makeVersion = randomVersion,
    unknownLayers = 'accept',
  } = options;
  const inTurn = createQueue();

  const edgeOf = (layer: string) => (Object.hasOwn(layers, layer) ? layers[layer]?.edge : undefined);

  const planOf = ({ publication, before }: Job, version: string, previous: string | undefined): PublicationPlan => {
    const atEdge = [version, previous, before?.staged].filter((each) => each !== undefined);
    return planPublication(publication, edgeOf(publication.layer), [...new Set(atEdge)], maxPurgeUrls);
  };

  const verifiable = ({ layer }: Publication, plan: PublicationPlan) =>
    Boolean(verify && edgeOf(layer)) && plan.kind !== 'metadata';

  const clear = async ({ publication, timed }: Job, plan: PublicationPlan): Promise<boolean> =>
    !onClear || timed('clear', async () => (await onClear(publication, plan), 'origin cache cleared'));

  async function check(
    { publication: { layer }, timed }: Job,
    plan: PublicationPlan,
    revision: number,
    task: Omit<VerifyTask, 'edge' | 'tiles'>,
  ): Promise<void> {
    const edge = edgeOf(layer);
    if (!verify || !edge) return;
    await timed('verify', async () => {
      const result = await verifyEdge({ edge, tiles: sampleTiles(plan, edge, verify.samples ?? 3), ...task }, verify, {
        fetch,
        now,
        sleep,
      });
      if (result.ok) await versions.update((current) => markDone(current, layer, revision, { verified: true }));
      return result;
    });
  }

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
    const cleared = !todo.clear || (await clear(job, plan));
    const purgedAt = now();
    if (todo.purge) {
      const purged = await purgeAll(purgers, plan, layer, timed);
      // Without a hook there is nothing to clear.
      await versions.update((current) => markDone(current, layer, revision, { cleared, purged }));
    }
    if (todo.verify) await check(job, plan, revision, { version: to, previous: abandoned ?? from, purgedAt });
    return job.report({ version: to, previous: from, revision, plan: plan.kind });
  }

  async function publishAnew(job: Job): Promise<PublishReport> {
    const { publication, content, before, timed } = job;
    const { layer, id } = publication;
    let version = publication.version ?? readVersion(await makeVersion(layer), 'makeVersion', 'INVALID_OPTION');
    let plan = planOf(job, version, before?.version);

    const note = before || Object.hasOwn(layers, layer) ? '' : noteNewLayer(layer, Object.keys(layers));
    await timed('plan', async () => [describe(plan, publication.tags.length), note].filter(Boolean).join('; '));
    const staged = await timed('stage', async () => {
      const made = publication.version === undefined;
      const next = layerState(
        await versions.update((current) => {
          // The same publication, at another instance or before a crash, has made a version already.
          const same = made && id !== undefined && layerState(current, layer)?.stagedFor === id;
          return same ? undefined : stage(current, layer, version, id);
        }),
        layer,
      );
      if (made && id !== undefined && next?.stagedFor === id && next.staged !== undefined) version = next.staged;
      plan = planOf(job, version, before?.version);
      return before ? 'the origin labels its tiles with the new version' : 'first publication of this layer';
    });
    const cleared = await clear(job, plan);
    const purgedAt = now();
    const purged = await purgeAll(purgers, plan, layer, timed);
    const mustVerify = verifiable(publication, plan);
    let late: Step | undefined;
    let announced: Step | undefined;
    await timed('announce', async () => {
      const { range } = plan;
      const next = await versions.update((current) => {
        // Asked again where nobody can come in between: the same publication may have reached another instance.
        late = repeated(current, { layer, version: publication.version, id, content });
        if (late) return unstage(current, layer, version);
        // Without the label the edge may have filled itself with new tiles under the old one: to be purged again.
        const done = { cleared, purged: purged && staged, verified: !mustVerify };
        return announce(
          current,
          { layer, version, content, ...done, ...(range && { range }), ...(id !== undefined && { id }) },
          now(),
        );
      });
      if (late) return `published already as revision ${late.revision}, by another instance`;
      announced = layerState(next, layer)?.steps.at(-1);
      return `revision ${announced?.revision}`;
    });
    if (late) return job.report({ version: late.to, previous: late.from, revision: late.revision, plan: plan.kind });
    if (!announced) return job.report({ version, revision: undefined, plan: plan.kind });
    const { revision } = announced;
    if (mustVerify) await check(job, plan, revision, { version, previous: announced.from, purgedAt });
    return job.report({ version, revision, applied: true, plan: plan.kind });
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
      tell(step);
    });
    if (!publication.changed) {
      await timed('plan', async () => 'nothing changed');
      return report({});
    }
    const content = await contentOf(publication);
    const earlier = repeated(state, { layer, version, id, content });
    const job: Job = { publication, content, before, timed, report };
    return earlier ? repeat(job, earlier) : publishAnew(job);
  }

  return (publication, onStep = () => undefined) => inTurn(() => run(publication, onStep));
}

function randomVersion(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
