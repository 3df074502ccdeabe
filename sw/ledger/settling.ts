import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TilePlace } from '../../src/shared/tile-place';
import { ageValue } from '../http/freshness';
import type { MetaTile } from '../store/tile-meta';
import { ruleHolds, type RuleRange } from './rule-range';

/** A change of a layer's version, or an invalidation. */
export interface Switch {
  /** Epoch milliseconds, by this device's clock. */
  at: number;
  epoch: number;
  /** Where it changed; absent: all of the layer. */
  ranges?: RuleRange[];
}

/** What an edge may lag behind. */
export interface Changes {
  /** The last change of the version. */
  switched?: Switch;
  /** The last invalidations, oldest first. */
  invalidated?: Switch[];
}

/** Invalidations that are remembered with their instants. */
export const MAX_INVALIDATED = 16;

type Settling = Pick<ResolvedLayer, 'settleTime'>;

/** True for a tile that only the origin's word of a later time settles: an edge which lags may have answered it. */
export const isUnsettled = (
  { switched, invalidated = [] }: Changes,
  layer: Settling,
  tile: TilePlace | undefined,
  stored: Pick<MetaTile, 'headers' | 'meta'>,
): boolean =>
  isOfEither(switched, layer, tile, stored) || invalidated.some((one) => wasThereBefore(one, layer, tile, stored));

/** Fetched soon after a switch of versions, while neither a label nor its URL says of which version it is. */
function isOfEither(
  switched: Switch | undefined,
  layer: Settling,
  tile: TilePlace | undefined,
  { meta: { version, token, requestAt, epoch } }: Pick<MetaTile, 'meta'>,
): boolean {
  return version === '' && !token && isSettling(switched, layer, requestAt) && concerns(switched, tile, epoch);
}

/**
 * Fetched soon after an invalidation, of which no label tells, from an edge that says by `Age` that it had it long before. Not
 * just before: an edge is purged first, and another's request may have filled it until this device heard of it.
 */
function wasThereBefore(
  invalidated: Switch,
  layer: Settling,
  tile: TilePlace | undefined,
  { headers, meta: { requestAt, responseAt, epoch } }: Pick<MetaTile, 'headers' | 'meta'>,
): boolean {
  if (!isSettling(invalidated, layer, requestAt) || !concerns(invalidated, tile, epoch)) return false;
  const generated = responseAt - ageValue(headers) * 1000;
  return generated < invalidated.at - layer.settleTime * 1000;
}

const concerns = ({ epoch: since, ranges }: Switch, tile: TilePlace | undefined, epoch: number): boolean =>
  epoch >= since && (!ranges || ranges.some((range) => ruleHolds(range, tile)));

/** So soon after a switch that an edge may lag. What was asked for before, by a clock that was set back since, is long ago. */
export const isSettling = (
  switched: Switch | undefined,
  { settleTime }: Settling,
  requestAt: number,
): switched is Switch => switched !== undefined && Math.abs(requestAt - switched.at) < settleTime * 1000;
