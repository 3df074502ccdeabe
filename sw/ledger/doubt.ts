import type { TilePlace } from '../../src/shared/tile-place';
import type { MetaTile } from '../store/tile-meta';
import { isCurrent } from './layer-record';
import { coveredBy } from './rules';
import { type Doubt, type LayerRecord, type LedgerPatch, type LedgerState, recordOf } from './state';

/** The doubts after a patch that could not be written: one that was there before keeps its instant. */
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

/** What is in doubt of a layer. */
export const doubtOf = ({ doubts, layers }: LedgerState, layer: string): Doubt | undefined =>
  doubts?.get(layer) ?? (layers.has(layer) ? undefined : doubts?.get('*'));

/** The record by which labels are judged: the one in force, though it may not be written down. */
export const inForce = (state: LedgerState, layer: string): LayerRecord =>
  doubtOf(state, layer)?.record ?? recordOf(state, layer);

/** True for bytes of before the change, as far as it concerns them. */
export function isDoubted(
  doubt: Doubt | undefined,
  tile: TilePlace | undefined,
  { requestAt, meta }: MetaTile,
): boolean {
  if (!doubt || requestAt > doubt.at || isCurrent(doubt.record, meta.version || undefined, tile)) return false;
  const { since, rules } = doubt.record;
  return meta.epoch < since || coveredBy(rules, tile, meta.epoch) !== undefined;
}
