import { type Begun, layerState, type OriginState } from '../versions/state';
import { isOvertaken } from '../versions/begun';
import { announce } from '../versions/transitions';
import { createQueues } from '../versions/version-store';
import { type Chain, createChain, edgeOf } from './chain';
import { clearAll } from './drop';
import { carryOn } from './interrupted';
import { publicationOf } from './noted';
import { paceOf } from './pace';
import { checkNewLayer } from './new-layer';
import { contentOf, type Publication } from './publication';
import { publishAnew } from './publish-anew';
import type { PublishOptions, PublishParts } from './publish-options';
import { createRun } from './publish-run';
import { createTimer, type PublishReport, type PublishStep } from './publish-steps';
import { repeat } from './repeat';
import { repeated } from './repetition';
import { retireLayer } from './retire-layer';
import { createResume, type Resume } from './resume';
import { createRetry, type Retry } from './retry';
import { checkRoom } from './room';
import { checkSamples } from '../layers/samples';

export type { PublishOptions } from './publish-options';
export type { PublishReport, PublishStep } from './publish-steps';

/** Publishes, and retries failed purges in the background. */
export interface Publisher {
  publish: Publish;
  retry: Retry;
  /** Resumes interrupted publications. */
  resume: Resume;
}

/**
 * Publishes one publication of a layer after another. Calls `onStep` at the end of each step. Rejects with
 * `STORAGE_FAILED`, with `CONFLICT` for an id that belongs to another publication, and with `INVALID_MESSAGE` for a
 * layer that `unknownLayers` refuses.
 */
export type Publish = (publication: Publication, onStep?: (step: PublishStep) => void) => Promise<PublishReport>;

/**
 * Creates the chain from changed data to updated screens: plan, look at samples, label the origin's tiles, clear its
 * cache, wait until they are ready, purge the CDNs, verify, announce. It purges before it announces, because clients
 * that hear of a version too early would store the edge's old tiles in their new cache.
 */
export function createPublisher(options: PublishOptions, parts: PublishParts): Publisher {
  const chain = createChain(options, parts);
  const { versions, now, watch, cdns, onClear } = chain;
  // One queue for each layer: a slow CDN delays only its own layer.
  const inTurn = createQueues();
  return {
    publish: (publication, onStep = () => undefined) =>
      inTurn(publication.layer, () => counted(chain, publication.layer, () => publish(chain, publication, onStep))),
    resume: createResume({
      ...{ versions, now, inTurn, underWay: chain.underWay },
      carryOn: (taken, state) => counted(chain, taken.layer, () => takenUp(chain, taken, state)),
      givenUp: (taken, state) => watch?.published(taken.layer, runOf(chain, taken, state).report({ ok: false })),
    }),
    retry: createRetry({
      versions,
      cdns,
      now,
      inTurn,
      ...(onClear && { clear: (layer, timed) => clearAll(chain, layer, timed) }),
      paced: (layer, state) => paceOf(chain, layer, state),
      timed: (layer) => createTimer(now, (step) => watch?.step(layer, step)),
    }),
  };
}

async function counted({ watch }: Chain, layer: string, work: () => Promise<PublishReport>): Promise<PublishReport> {
  let report: PublishReport | undefined;
  try {
    return (report = await work());
  } finally {
    watch?.published(layer, report);
  }
}

function takenUp(chain: Chain, taken: Begun, state: OriginState): Promise<PublishReport> {
  return carryOn(chain, runOf(chain, taken, state), taken, isOvertaken(state, taken));
}

const runOf = (chain: Chain, taken: Begun, state: OriginState) =>
  createRun(chain, publicationOf(taken), layerState(state, taken.layer), () => undefined, taken.mark);

/** Decides how to carry out a publication. */
async function publish(
  chain: Chain,
  publication: Publication,
  tell: (step: PublishStep) => void,
): Promise<PublishReport> {
  const { layers, unknownLayers } = chain;
  const { layer, id, version } = publication;
  const state = await chain.versions.read();
  const before = layerState(state, layer);
  checkNewLayer(publication, state, Object.keys(layers), unknownLayers === 'refuse');
  checkSamples(publication, edgeOf(chain, layer));
  const run = createRun(chain, publication, before, tell);
  if (!publication.changed) {
    await run.timed('plan', async () => 'nothing changed');
    return run.report({});
  }
  if (publication.retired) return retireLayer(chain, run);
  const content = await contentOf(publication);
  const earlier = repeated(state, { layer, version, id, content });
  if (earlier) return repeat(chain, run, earlier);
  checkRoomFor(state, publication, content, chain.now());
  return publishAnew(chain, run, content);
}

/** Throws `LIMIT_EXCEEDED` if the manifest has no room, before the publication changes anything. */
function checkRoomFor(state: OriginState, publication: Publication, content: string, now: number): void {
  const { layer, version = 'x'.repeat(16) } = publication;
  checkRoom(announce(state, { layer, version, content, purged: true, ...rangeOf(publication) }, now), layer);
}

const rangeOf = ({ boxes, bbox = boxes?.[0], tiles, zooms, scope }: Publication) =>
  bbox || zooms || scope
    ? {
        range: { ...(bbox && { bbox }), ...(zooms && { zooms }), ...(scope && { scope }) },
        ...(boxes && { boxes }),
        ...(tiles !== undefined && { tiles }),
      }
    : {};
