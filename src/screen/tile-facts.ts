import { isRefusedStatus } from '../shared/refused-status';
import type { TileStatus, TileUse, TileValidation } from '../shared/tile-use';
import { markOf, secondsSince, type Clocks, type Mark } from './elapsed';

/** What is known of one tile that the map shows, or misses. */
export interface TileFacts {
  /** How the worker answered it last. */
  status: TileStatus;
  /** Seconds, now. Undefined: nobody knows. */
  age: number | undefined;
  /** Seconds for which it is still proven fresh, now; 0 or less when it is not. Undefined: not told. */
  ttl?: number | undefined;
  /** The version that there is evidence for. */
  version?: string | undefined;
  /** The version in force when it was used, where its own was not announced yet. */
  aheadOf?: string | undefined;
  /** Bytes of its body, where the worker told. */
  bytes?: number | undefined;
  /** The last request for it failed, or the validation behind it did: what is shown may be old. */
  failed?: true;
  /** Nothing came at all: there is a hole. */
  missing?: true;
  /** Seconds since the page heard of it last. */
  since: number;
}

/** What is kept of a tile: as it was when it was last used. */
export interface TileRecord extends Omit<TileFacts, 'since'> {
  mark: Mark;
}

/** A use, after what was known before. A failed request says nothing of the tile that is still shown. */
export function recordUse(before: TileRecord | undefined, use: TileUse, clocks: Clocks): TileRecord {
  const mark = markOf(clocks);
  const { status, code, version, aheadOf, ttl, bytes } = use;
  // Whatever the worker did with it.
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

/** What a validation behind the answer found. Where it succeeded the tile is as good as new, or new bytes are on their way. */
export function recordValidation(
  before: TileRecord,
  { failed, age = 0, ttl, version = before.version, ageUnknown }: Omit<TileValidation, 'layer' | 'status' | 'duration'>,
  clocks: Clocks,
): TileRecord {
  const mark = markOf(clocks);
  if (failed) return { ...factsOf(before, clocks), failed: true, mark };
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

/** How it stands now. */
export function factsOf({ mark, ...record }: TileRecord, clocks: Clocks): TileFacts {
  const since = secondsSince(mark, clocks);
  return {
    ...record,
    age: record.age === undefined ? undefined : record.age + since,
    ttl: record.ttl === undefined ? undefined : record.ttl - since,
    since,
  };
}
