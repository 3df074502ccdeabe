import { isRefusedStatus } from '../shared/refused-status';
import type { TileStatus, TileUse, TileValidation } from '../shared/tile-use';
import { markOf, secondsSince, type Clocks, type Mark } from './elapsed';

/** What the page knows about one tile of the map. */
export interface TileFacts {
  /** How the worker last answered it. */
  status: TileStatus;
  /** Current age in seconds. `undefined` if unknown. */
  age: number | undefined;
  /**
   * Seconds for which the tile is still proven fresh; 0 or less if it is not. `undefined` if the worker did not say.
   */
  ttl?: number | undefined;
  /** The version that the tile is known to have. */
  version?: string | undefined;
  /** The version in force at the last use, if the tile's own version was not announced yet. */
  aheadOf?: string | undefined;
  /** Bytes of the body, if the worker reported them. */
  bytes?: number | undefined;
  /** The last request or validation failed: the tile on the screen may be old. */
  failed?: true;
  /** No tile has arrived: the map has a hole. */
  missing?: true;
  /** Seconds since the worker last reported the tile. */
  since: number;
}

/** The stored facts about a tile, as of its last use. */
export interface TileRecord extends Omit<TileFacts, 'since'> {
  mark: Mark;
}

/** Records a use. A failed request says nothing about the tile that the map still shows. */
export function recordUse(before: TileRecord | undefined, use: TileUse, clocks: Clocks): TileRecord {
  const mark = markOf(clocks);
  const { status, code, version, aheadOf, ttl, bytes } = use;
  // The map gets no tile, whatever the worker did.
  if (status === 'error' || isRefusedStatus(code)) {
    const failed = { status: 'error', failed: true, mark } as const;
    if (!before || before.missing) return { age: undefined, missing: true, ...failed };
    return { ...factsOf(before, clocks), ...failed };
  }
  return {
    status,
    age: use.ageUnknown ? undefined : use.age,
    mark,
    ttl,
    version,
    aheadOf,
    bytes,
    ...(use.originFailed && { failed: true }),
  };
}

/**
 * Records the outcome of a validation in the background. After a success the tile is current, or new bytes are on their
 * way.
 */
export function recordValidation(
  before: TileRecord,
  { status, failed, age = 0, ttl, version = before.version, ageUnknown }: Omit<TileValidation, 'layer' | 'duration'>,
  clocks: Clocks,
): TileRecord {
  const mark = markOf(clocks);
  // The worker counted a `miss` while the body arrived, and the body turned out to be no tile.
  const hole = status === 'miss' && { age: undefined, missing: true as const };
  if (failed) return { ...factsOf(before, clocks), ...hole, failed, mark };
  return {
    status: 'revalidated',
    age: ageUnknown ? undefined : age,
    mark,
    ttl,
    version,
    aheadOf: version === before.version ? before.aheadOf : undefined,
    bytes: before.bytes,
  };
}

/** Returns the facts as of now. */
export function factsOf({ mark, ...record }: TileRecord, clocks: Clocks): TileFacts {
  const since = secondsSince(mark, clocks);
  return {
    ...record,
    age: record.age === undefined ? undefined : record.age + since,
    ttl: record.ttl === undefined ? undefined : record.ttl - since,
    since,
  };
}
