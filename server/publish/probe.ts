import type { TileId } from '../../src/shared/tile';
import { look, type Sample } from './look';
import { type EdgeLayer, tileUrl } from '../layers/edge-layer';
import type { PublicationPlan } from './plan';
import type { Publication } from './publication';
import type { StepResult } from './publish-steps';
import { awaitReady, type ReadyOptions } from './ready';
import { isThere, secretly, see, type Sight } from './sight';
import { bearZoomTags, proveTags } from './tags-proven';
import { statusFromHeaders } from './edge-status';
import { verifyEdge } from './verify';
import type { VerifyEffects, VerifyOptions, VerifyResult, VerifyTask } from './verify-types';

/** The parts that looking at samples needs. */
export interface ProbeParts extends VerifyEffects {
  verify: VerifyOptions;
  ready: ReadyOptions | false;
  askHandlers?: ((url: string) => Promise<Response | undefined>) | undefined;
  hasHandlers?: (() => boolean) | undefined;
  servedTiles?: ((layer: string) => readonly TileId[]) | undefined;
}

/** The samples of one publication, from before its purge until after it. */
export interface Probe {
  /** Whether the origin can be asked directly, past the edge, and `ready` is on. */
  canAskOrigin: boolean;
  look(): Promise<StepResult>;
  ready(version: string): Promise<StepResult>;
  tags(tags: readonly string[]): { ok: boolean; detail: string } | undefined;
  /** Returns false if a sample's response has no tag by zoom. */
  haveZoomTags(): boolean;
  verify(task: Omit<VerifyTask, 'layer' | 'edge' | 'tiles'>): Promise<VerifyResult>;
}

type Sampled = Pick<Publication, 'layer' | 'allowGone' | 'samples'>;

/** Creates a function that makes a probe for each publication. `version`: the one that the edge has. */
export function createProbe(parts: ProbeParts) {
  const { verify, ready } = parts;
  return (
    edge: EdgeLayer,
    { layer, allowGone = verify.allowGone ?? false, samples: named }: Sampled,
    plan: PublicationPlan,
    version: string | undefined,
  ): Probe => {
    let samples: Sample[] = [];
    let atOrigin: Array<Sight | undefined> | undefined;
    const ask = createAsk(parts, edge, layer);
    const before = () => samples.map((sample) => sample.before);

    return {
      canAskOrigin: ready !== false && (edge.origin !== undefined || parts.hasHandlers?.() === true),
      async look() {
        const given = named?.length ? named : (edge.samples ?? []);
        const served = parts.servedTiles?.(layer) ?? [];
        const task = { plan, edge, count: verify.samples ?? 3, given, served };
        samples = await look(task, (tile) => ask.edge(tile, version));
        return lookedWords(samples);
      },
      async ready(next) {
        const nameOf = ({ tile: { z, x, y } }: Sample) => `${z}/${x}/${y}`;
        const askOrigin = ({ tile }: Sample) => ask.origin(tile, next);
        const task = { samples, version: next, allowGone, nameOf, ask: askOrigin };
        const result = await awaitReady(task, ready || {}, parts);
        atOrigin = result.sights;
        return result;
      },
      tags: (tags) => proveTags(tags, atOrigin ?? [], before()),
      haveZoomTags: () => bearZoomTags(layer, [...(atOrigin ?? []), ...before()]),
      verify(task) {
        const tiles = samples.map(({ tile }) => tile);
        const seen = { before: before(), ...(atOrigin && { origin: atOrigin }) };
        return verifyEdge({ ...task, layer, edge, tiles, ...seen }, { ...verify, allowGone }, parts);
      },
    };
  };
}

/** Creates the requests for a tile at the edge and at the origin. */
function createAsk({ verify, fetch, askHandlers }: ProbeParts, edge: EdgeLayer, layer: string) {
  const cacheOf = verify.edgeStatus ?? statusFromHeaders;
  const init = secretly(verify.headers);
  const { origin } = edge;
  return {
    edge: (tile: TileId, version: string | undefined) =>
      see((signal) => fetch(tileUrl(edge, layer, tile, version), { ...init, signal }), cacheOf),
    origin: (tile: TileId, version: string) =>
      see(
        async (signal) =>
          origin === undefined
            ? askHandlers?.(tileUrl(edge, layer, tile, version))
            : fetch(tileUrl({ ...edge, template: origin }, layer, tile, version), { signal }),
        () => undefined,
      ),
  };
}

function lookedWords(samples: readonly Sample[]): string {
  const there = samples.filter(({ before }) => isThere(before));
  const warm = there.filter(({ before }) => before?.cache === 'hit').length;
  return `${there.length} of ${samples.length} samples exist, and the edge stores ${warm}`;
}
