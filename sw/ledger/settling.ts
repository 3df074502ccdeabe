import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TilePlace } from '../../src/shared/tile-place';
import type { TileMeta } from '../store/tile-meta';
import { ruleHolds, type RuleRange } from './rule-range';

/** A change of a layer's version. */
export interface Switch {
  /** Epoch milliseconds, by this device's clock. */
  at: number;
  epoch: number;
  /** Where it changed; absent: all of the layer. */
  ranges?: RuleRange[];
}

/**
 * True for a tile that was fetched so soon after a switch of versions that an edge which lags may have answered it, while
 * neither a label nor its URL says of which version it is. Only the origin's word of a later time settles it.
 */
export function isUnsettled(
  switched: Switch | undefined,
  { settleTime }: Pick<ResolvedLayer, 'settleTime'>,
  tile: TilePlace | undefined,
  { version, token, requestAt, epoch }: TileMeta,
): boolean {
  if (version !== '' || token || !isSettling(switched, { settleTime }, requestAt) || epoch < switched.epoch)
    return false;
  return !switched.ranges || switched.ranges.some((range) => ruleHolds(range, tile));
}

/** So soon after a switch that an edge may lag. What was asked for before, by a clock that was set back since, is long ago. */
export const isSettling = (
  switched: Switch | undefined,
  { settleTime }: Pick<ResolvedLayer, 'settleTime'>,
  requestAt: number,
): switched is Switch => switched !== undefined && Math.abs(requestAt - switched.at) < settleTime * 1000;
