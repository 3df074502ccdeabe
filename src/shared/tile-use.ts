import type { TileId } from './tile';

/** How a tile was answered. `stale`: from the store, not proven fresh. */
export type TileStatus = 'hit' | 'stale' | 'miss' | 'revalidated' | 'error';

/** One answered request, as the worker counted it. */
export interface TileUse {
  /** The layer's name in the worker. */
  layer: string;
  /** Absent for URLs without z/x/y. */
  tile?: TileId;
  /** How the worker answered. */
  status: TileStatus;
  /** Seconds; what the `Age` header said. 0 for `error`. */
  age: number;
  /** The version that there is evidence for. */
  version?: string;
  /** The version in force, where the page's URL names another that was not announced yet, and `version` is that one. */
  aheadOf?: string;
  /** Milliseconds until the answer was ready. */
  duration: number;
  /** Milliseconds that a validation took, where one was made. */
  validation?: number;
  /** Status code of the answer, 0 for a network error. */
  code: number;
  /** Bytes of the body, where they were at hand. */
  bytes?: number;
  /** Another request began what this one waited for, and counts it. */
  collapsed?: true;
  /** Seconds of freshness left when it was answered; 0 or less when it was stale. */
  ttl?: number;
  /** This device's clock was set meanwhile: `age` is the least that it can be. */
  ageUnknown?: true;
  /** The origin was asked and failed: the answer is what was stored, or what came in place of a tile. */
  originFailed?: true;
  /** The origin answered another version than the one in force: an edge lags behind what was announced. */
  versionMismatch?: true;
  /** A page's web worker asked, and no platform says whose it is: told to every page that it may be of. */
  guessed?: true;
}

/** One validation that was made behind an answered tile. */
export interface TileValidation {
  /** The layer's name in the worker. */
  layer: string;
  /** Which tile; absent for URLs without z/x/y. */
  tile?: TileId;
  /** How the tile was answered meanwhile. */
  status: TileStatus;
  /** Milliseconds from the request until its outcome was known. */
  duration: number;
  /** A network error, an error status, or a body that is no tile. */
  failed: boolean;
  /** Another request began it, and counts it: this one had an answer meanwhile as well. */
  collapsed?: true;
  /** Bytes of the body that the origin has sent; absent where it has confirmed the tile. */
  bytes?: number;
  /** Seconds; how old the tile is that the origin has sent or confirmed. */
  age?: number;
  /** Seconds of freshness that it has left. */
  ttl?: number;
  /** The version that there is evidence for now. */
  version?: string;
  /** As of a use. */
  ageUnknown?: true;
  /** As of a use. */
  guessed?: true;
}
