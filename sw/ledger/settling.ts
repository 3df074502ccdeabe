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
  /** The ranges that changed. @default the whole layer */
  ranges?: RuleRange[];
}

/** The changes that a CDN edge may not know of yet. */
export interface Changes {
  /** The last change of the version. */
  switched?: Switch;
  /** The last invalidations, oldest first. */
  invalidated?: Switch[];
}

/** The most invalidations that a layer remembers with their instants. */
export const MAX_INVALIDATED = 16;

type Settling = Pick<ResolvedLayer, 'settleTime'>;

/** True for a tile that a lagging edge may have answered: only a later answer of the origin settles it. */
export const isUnsettled = (
  { switched, invalidated = [] }: Changes,
  layer: Settling,
  tile: TilePlace | undefined,
  stored: Pick<MetaTile, 'headers' | 'meta'>,
): boolean =>
  hasNoVersion(switched, layer, tile, stored) || invalidated.some((one) => isFromBefore(one, layer, tile, stored));

/** True for a tile fetched soon after a version switch, if neither a label nor its URL tells its version. */
function hasNoVersion(
  switched: Switch | undefined,
  layer: Settling,
  tile: TilePlace | undefined,
  { meta: { version, token, requestAt, epoch } }: Pick<MetaTile, 'meta'>,
): boolean {
  return version === '' && !token && isSettling(switched, layer, requestAt) && concerns(switched, tile, epoch);
}

/**
 * True for a tile fetched soon after an invalidation if its `Age` shows that the edge had it long before the
 * invalidation. An invalidation changes no label that would tell. An edge copy from just before does not count: the
 * operator purges the edge first, and another client's request may have filled it before this device heard of the
 * invalidation.
 */
function isFromBefore(
  invalidated: Switch,
  layer: Settling,
  tile: TilePlace | undefined,
  { headers, meta: { requestAt, responseAt, epoch } }: Pick<MetaTile, 'headers' | 'meta'>,
): boolean {
  if (!isSettling(invalidated, layer, requestAt) || !concerns(invalidated, tile, epoch)) return false;
  const madeAt = responseAt - ageValue(headers) * 1000;
  return madeAt < invalidated.at - layer.settleTime * 1000;
}

const concerns = ({ epoch: since, ranges }: Switch, tile: TilePlace | undefined, epoch: number): boolean =>
  epoch >= since && (!ranges || ranges.some((range) => ruleHolds(range, tile)));

/**
 * True if the request is less than `settleTime` from the switch, so that an edge may have lagged. The distance counts
 * in both directions, because a clock that was set back since puts the request before the switch.
 */
export const isSettling = (
  switched: Switch | undefined,
  { settleTime }: Settling,
  requestAt: number,
): switched is Switch => switched !== undefined && Math.abs(requestAt - switched.at) < settleTime * 1000;
