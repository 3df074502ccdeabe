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

/** Creates a function that makes a probe for each publication. `version`: the one that the edge has. */
export function createProbe(parts: ProbeParts) {
  const { verify, ready, fetch, askHandlers } = parts;
  const cacheOf = verify.edgeStatus ?? statusFromHeaders;
  return (
    edge: EdgeLayer,
    {
      layer,
      allowGone = verify.allowGone ?? false,
      samples: named,
    }: Pick<Publication, 'layer' | 'allowGone' | 'samples'>,
    plan: PublicationPlan,
    version: string | undefined,
  ): Probe => {
    let samples: Sample[] = [];
    let atOrigin: Array<Sight | undefined> | undefined;
    const init = secretly(verify.headers);
    const canAskOrigin = ready !== false && (edge.origin !== undefined || parts.hasHandlers?.() === true);

    const askEdge = (tile: TileId) =>
      see((signal) => fetch(tileUrl(edge, layer, tile, version), { ...init, signal }), cacheOf);
    const askOrigin = (tile: TileId, next: string) =>
      see(
        async (signal) =>
          edge.origin === undefined
            ? askHandlers?.(tileUrl(edge, layer, tile, next))
            : fetch(tileUrl({ ...edge, template: edge.origin }, layer, tile, next), { signal }),
        () => undefined,
      );

    return {
      canAskOrigin,
      async look() {
        samples = await look(
          {
            plan,
            edge,
            count: verify.samples ?? 3,
            given: named?.length ? named : (edge.samples ?? []),
            served: parts.servedTiles?.(layer) ?? [],
          },
          askEdge,
        );
        const there = samples.filter(({ before }) => isThere(before));
        const warm = there.filter(({ before }) => before?.cache === 'hit').length;
        return `${there.length} of ${samples.length} samples exist, and the edge stores ${warm}`;
      },
      async ready(next) {
        const result = await awaitReady(
          {
            samples,
            version: next,
            allowGone,
            nameOf: ({ tile: { z, x, y } }) => `${z}/${x}/${y}`,
            ask: ({ tile }) => askOrigin(tile, next),
          },
          ready || {},
          parts,
        );
        atOrigin = result.sights;
        return result;
      },
      tags: (tags) =>
        proveTags(
          tags,
          atOrigin ?? [],
          samples.map(({ before }) => before),
        ),
      haveZoomTags: () => bearZoomTags(layer, [...(atOrigin ?? []), ...samples.map(({ before }) => before)]),
      verify: (task) =>
        verifyEdge(
          {
            ...task,
            layer,
            edge,
            tiles: samples.map(({ tile }) => tile),
            before: samples.map(({ before }) => before),
            ...(atOrigin && { origin: atOrigin }),
          },
          { ...verify, allowGone },
          parts,
        ),
    };
  };
}
