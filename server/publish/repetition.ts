import { TileCacheError } from '../../src/shared/errors';
import { layerState, type OriginState, type Step } from '../versions/state';

/** The identity of a publication. */
export interface Claim {
  layer: string;
  version?: string | undefined;
  id?: string | undefined;
  content: string;
}

/**
 * Returns the publication that this one repeats: the one with the same id, or the version in force with the same
 * content. `undefined` for a new publication. Throws `CONFLICT` for an id that belongs to another publication.
 */
export function repeated(state: OriginState, { layer, version, id, content }: Claim): Step | undefined {
  const current = layerState(state, layer);
  if (!current) return undefined;
  const same = (step: Step) => step.content === undefined || step.content === content;
  const byId = id === undefined ? undefined : current.steps.find((step) => step.id === id);
  if (byId) {
    if (same(byId) && (version === undefined || version === byId.to)) return byId;
    throw new TileCacheError({
      code: 'CONFLICT',
      field: 'id',
      message: `id was used for another publication of ${layer}: version ${byId.to}, revision ${byId.revision}.`,
      remedy: 'Give each publication its own id; to repeat one, send exactly the same fields.',
    });
  }
  if (version !== current.version) return undefined;
  // Several parts of the version may have been published since it came into force.
  for (const step of [...current.steps].reverse()) {
    if (step.to !== version) break;
    if (same(step)) return step;
  }
  return undefined;
}

/** The remaining work of a publication. */
export interface Outstanding {
  clear: boolean;
  purge: boolean;
  verify: boolean;
}

/**
 * Returns the remaining work: each failed step and all steps after it. An edge that was purged before the origin's
 * cache was cleared has refilled itself with old tiles, and an edge with old tiles needs its purge again. A version
 * that is no longer in force cannot be verified at the edge.
 */
export function outstanding(
  { cleared = true, purged, verified = true }: Step,
  can: { clear: boolean; verify: boolean },
): Outstanding {
  const clear = can.clear && !cleared;
  const unseen = can.verify && !verified;
  const purge = clear || !purged || unseen;
  return { clear, purge, verify: can.verify && purge };
}
