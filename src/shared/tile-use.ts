import type { TileId } from './tile';

/** How the worker answered a tile request. `stale`: from the store, without proof that the tile is fresh. */
export type TileStatus = 'hit' | 'stale' | 'miss' | 'revalidated' | 'error';

/** One answered request, as the worker counted it. */
export interface TileUse {
  /** The layer's name in the worker. */
  layer: string;
  /** The tile. Absent for URLs without z/x/y. */
  tile?: TileId;
  /** How the worker answered. */
  status: TileStatus;
  /** Age in seconds, as in the `Age` header; 0 for `error`. */
  age: number;
  /** The version that the tile is known to have. */
  version?: string;
  /**
   * The version in force, if the page's URL names a version that is not announced yet; `version` is then the latter.
   */
  aheadOf?: string;
  /** Milliseconds until the answer was ready. */
  duration: number;
  /** Milliseconds that a validation took, if there was one. */
  validation?: number;
  /** Status code of the answer, 0 for a network error. */
  code: number;
  /** Bytes of the body, if known. */
  bytes?: number;
  /** Another request started the fetch that this one waited for, and counts it. */
  collapsed?: true;
  /** Seconds of freshness left at the time of the answer; 0 or less if the tile was stale. */
  ttl?: number;
  /** The device's clock was set in the meantime: `age` is a lower bound. */
  ageUnknown?: true;
  /** The request to the origin failed: the answer is the stored tile or a replacement for it. */
  originFailed?: true;
  /** The origin answered with another version than the one in force: an edge lags behind. */
  versionMismatch?: true;
  /**
   * A page's web worker sent the request, and no browser tells which page that is: every possible page gets this
   * record.
   */
  guessed?: true;
}

/** One validation in the background, after the tile was answered. */
export interface TileValidation {
  /** The layer's name in the worker. */
  layer: string;
  /** The tile. Absent for URLs without z/x/y. */
  tile?: TileId;
  /** How the worker answered the tile before the validation. */
  status: TileStatus;
  /** Milliseconds from the request until the outcome was known. */
  duration: number;
  /** Whether the validation failed: a network error, an error status, or a body that is not a tile. */
  failed: boolean;
  /** Another request started the validation, and counts it. This request was answered from the store as well. */
  collapsed?: true;
  /** Bytes of the body that the origin sent. Absent if the origin confirmed the tile. */
  bytes?: number;
  /** Age of the tile that the origin sent or confirmed, in seconds. */
  age?: number;
  /** Seconds of freshness that the tile has left. */
  ttl?: number;
  /** The version that the tile is now known to have. */
  version?: string;
  /** The device's clock was set in the meantime: `age` is a lower bound. */
  ageUnknown?: true;
  /** A page's web worker sent the request: every page that may own it gets this record. */
  guessed?: true;
}
