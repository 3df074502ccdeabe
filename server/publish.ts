import { errorRecord } from '../src/shared/errors';
import type { PublicationPlan } from './plan';
import { planPublication, sampleTiles } from './plan';
import type { Publication } from './publication';
import type { Purger } from './purge/purger';
import { announce, layerState, markPurged, repeated, stage } from './state';
import type { OriginLayer } from './tile-headers';
import type { VerifyOptions } from './verify';
import { verifyEdge } from './verify';
import type { VersionStore } from './version-store';
import { createQueue } from './version-store';

/** One step of a publication, as it is reported. */
export interface PublishStep {
  step: 'plan' | 'stage' | 'clear' | 'purge' | 'announce' | 'verify';
  ok: boolean;
  /** Epoch milliseconds. */
  startedAt: number;
  /** How long it took, in seconds. */
  seconds: number;
  detail: string;
  /** Which CDN, where the step is a purge. */
  cdn?: string;
  /** Seconds until the edge had let go of the old tiles; of the step `verify`. */
  purgeLatency?: number;
}

/** What a publication came to. */
export interface PublishReport {
  ok: boolean;
  layer: string;
  version: string | undefined;
  previous: string | undefined;
  revision: number | undefined;
  /** False: a repetition, or nothing had changed; the version stays as it was. */
  applied: boolean;
  plan?: PublicationPlan['kind'];
  steps: PublishStep[];
}

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
  /** Makes the version of a publication that names none, from the data. @default random */
  makeVersion?: (layer: string) => string | Promise<string>;
}

/** What publishing stands on. */
export interface PublishParts {
  store: VersionStore;
  /** Resolves when the store holds the configured versions. */
  ready: () => Promise<unknown>;
  layers: Record<string, OriginLayer>;
  fetch: typeof fetch;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
}

/** Publishes, one publication after another; `onStep` hears of each step as it ends. Rejects with `STORAGE_FAILED`. */
export type Publish = (publication: Publication, onStep?: (step: PublishStep) => void) => Promise<PublishReport>;

/**
 * The chain from "the data changed" to "every screen shows it":
 * plan, label the origin's tiles, clear its cache, purge the CDNs, announce, verify.
 * The CDNs come before the announcement: else clients that hear of it fill the edge's old tile into their new cache.
 */
export function createPublish(options: PublishOptions, { store, ready, layers, fetch, now, sleep }: PublishParts): Publish {
  const { purgers = [], maxPurgeUrls = 1000, verify = false, onClear, makeVersion = randomVersion } = options;
  const inTurn = createQueue();

  async function run(publication: Publication, tell: (step: PublishStep) => void): Promise<PublishReport> {
    const { layer, id, tags } = publication;
    await ready();
    const state = await store.read();
    const before = layerState(state, layer);
    const steps: PublishStep[] = [];
    const report = (rest: Partial<PublishReport>): PublishReport => ({
      ok: steps.every((step) => step.ok), layer, version: before?.version, previous: before?.version,
      revision: before?.revision, applied: false, steps, ...rest,
    });
    const timed = createTimer(now, (step) => {
      steps.push(step);
      tell(step);
    });

    if (!publication.changed) {
      await timed('plan', async () => 'nothing changed');
      return report({});
    }
    const version = publication.version ?? (repeated(state, layer, undefined, id)?.to ?? (await makeVersion(layer)));
    const earlier = repeated(state, layer, version, id);
    const edge = Object.hasOwn(layers, layer) ? layers[layer]?.edge : undefined;
    const plan = planPublication(publication, edge, { previous: earlier?.from ?? before?.version, next: version }, maxPurgeUrls);
    const purge = (): Promise<boolean> => purgeAll(purgers, plan, layer, timed);

    if (earlier) {
      await timed('plan', async () => `published already as revision ${earlier.revision}`);
      if (!earlier.purged && (await purge())) await store.update((current) => markPurged(current, layer, earlier.revision));
      return report({ version: earlier.to, previous: earlier.from, revision: earlier.revision, plan: plan.kind });
    }

    await timed('plan', async () => describe(plan, tags.length));
    await timed('stage', async () => {
      await store.update((current) => stage(current, layer, version));
      return before ? 'the origin labels its tiles with the new version' : 'first publication of this layer';
    });
    if (onClear) await timed('clear', async () => (await onClear(publication, plan), 'origin cache cleared'));
    const purgedAt = now();
    const purged = await purge();
    let revision: number | undefined;
    await timed('announce', async () => {
      const range = plan.range;
      const next = await store.update((current) =>
        announce(current, { layer, version, ...(range && { range }), ...(id !== undefined && { id }), purged }, now()),
      );
      revision = layerState(next, layer)?.revision;
      return `revision ${revision}`;
    });
    if (revision !== undefined && verify && edge && plan.kind !== 'metadata') {
      await timed('verify', async () => {
        const tiles = sampleTiles(plan, edge, verify.samples ?? 3);
        return verifyEdge({ edge, tiles, version, purgedAt }, verify, { fetch, now, sleep });
      });
    }
    return report({ version, revision, applied: revision !== undefined, plan: plan.kind });
  }

  return (publication, onStep = () => undefined) => inTurn(() => run(publication, onStep));
}

type StepResult = string | { ok: boolean; detail: string; purgeLatency?: number };
type Timed = (step: PublishStep['step'], act: () => Promise<StepResult>, cdn?: string) => Promise<boolean>;

/** Runs a step; a failure is reported and does not stop what comes behind it. */
function createTimer(now: () => number, tell: (step: PublishStep) => void): Timed {
  return async (step, act, cdn) => {
    const startedAt = now();
    const result = await act().catch((error: unknown): StepResult => ({ ok: false, detail: errorRecord(error).message }));
    const { ok, detail, purgeLatency } = typeof result === 'string' ? { ok: true, detail: result, purgeLatency: undefined } : { purgeLatency: undefined, ...result };
    tell({
      step, ok, startedAt, seconds: (now() - startedAt) / 1000, detail,
      ...(cdn !== undefined && { cdn }), ...(purgeLatency !== undefined && { purgeLatency }),
    });
    return ok;
  };
}

/** All CDNs at once; true when each of them confirmed. */
async function purgeAll(purgers: readonly Purger[], { tags, urls }: PublicationPlan, layer: string, timed: Timed): Promise<boolean> {
  const done = await Promise.all(
    purgers.map((purger) =>
      timed('purge', async () => {
        const { requests, retries } = await purger.purge({ layer, tags, ...(urls && { urls }) });
        return `${urls ? `${urls.length} URLs` : tags.join(' ')}, ${requests} requests, ${retries} retries`;
      }, purger.name),
    ),
  );
  return done.every(Boolean);
}

function describe({ kind, urls }: PublicationPlan, tags: number): string {
  const what = { layer: 'the whole layer', bbox: 'a part of the layer', metadata: 'metadata only' }[kind];
  return `${what}${urls ? `, ${urls.length} URLs` : ''}${tags ? `, ${tags} further tags` : ''}`;
}

function randomVersion(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
