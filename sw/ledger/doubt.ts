import type { TilePlace } from '../../src/shared/tile-place';
import type { MetaTile } from '../store/tile-meta';
import { isCurrent } from './layer-record';
import { coveredBy } from './rules';
import { type Doubt, type LayerRecord, type LedgerPatch, type LedgerState, recordOf } from './state';

/**
 * The doubts after a patch that the worker could not write. `at`: epoch milliseconds; an older doubt about the same
 * version keeps its own.
 */
export function doubtsAfter(state: LedgerState, patch: LedgerPatch<unknown>, at: number): ReadonlyMap<string, Doubt> {
  const doubts = new Map(state.doubts);
  for (const record of patch.records) {
    const { layer, version } = record;
    const before = doubts.get(layer);
    const isNews = version !== undefined && version !== recordOf(state, layer).version;
    if (isNews) doubts.set(layer, before?.record.version === version ? before : { record, at });
  }
  return doubts;
}

/** The doubt about a layer, or `undefined` if there is none. */
export const doubtOf = ({ doubts, layers }: LedgerState, layer: string): Doubt | undefined =>
  doubts?.get(layer) ?? (layers.has(layer) ? undefined : doubts?.get('*'));

/**
 * The record that labels are compared with: the doubted one if there is one, although the worker could not write it.
 */
export const inForce = (state: LedgerState, layer: string): LayerRecord =>
  doubtOf(state, layer)?.record ?? recordOf(state, layer);

/** True if the change concerns this tile and the tile was requested before it. */
export function isDoubted(
  doubt: Doubt | undefined,
  tile: TilePlace | undefined,
  { requestAt, meta }: MetaTile,
): boolean {
  if (!doubt || requestAt > doubt.at || isCurrent(doubt.record, meta.version, tile)) return false;
  const { since, rules } = doubt.record;
  return meta.epoch < since || coveredBy(rules, tile, meta.epoch) !== undefined;
}
