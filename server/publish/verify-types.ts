import type { TileId } from '../../src/shared/tile';
import type { EdgeLayer } from '../layers/edge-layer';
import type { Sample } from './look';
import type { PurgeAgain } from './purge-again';
import type { Sight } from './sight';

/** Options of the check that looks for a publication at the edge. */
export interface VerifyOptions {
  /** Tiles that the check requests. @default 3 */
  samples?: number;
  /**
   * Seconds from the start of the purge (of its last part, if it is spread over zooms) within which the edge must have
   * dropped every sample; a longer time fails the step.
   * @default no limit
   */
  limit?: number;
  /** Seconds after which the check gives up. The announcement waits no longer than this. @default 30 */
  timeout?: number;
  /**
   * Returns the cache status that the edge's response declares.
   * @default reads CF-Cache-Status, X-Cache-Status, X-Cache and Cache-Status
   */
  edgeStatus?: (response: Response) => 'hit' | 'miss' | undefined;
  /** Headers to send with each request, for an edge that restricts access. @default {} */
  headers?: Record<string, string>;
  /**
   * Accepts a publication that the check cannot prove, because no sample exists, the edge stores none, or nothing
   * distinguishes the versions. The step then says `unproven`.
   * @default false
   */
  allowUnproven?: boolean;
  /** Accepts that tiles that existed before are gone, because the data shrinks. @default false */
  allowGone?: boolean;
}

/** The result of the check. */
export interface VerifyResult {
  /** Whether the edge answers with the new version. */
  ok: boolean;
  /** The number of tiles that were checked. */
  samples: number;
  /** Seconds from the start of the purge until the edge had fetched the last sample again from the origin. */
  purgeLatency?: number;
  /** The result in words. */
  detail: string;
  /** The check found nothing wrong, but could not prove anything. */
  unproven?: true;
}

/** Effects that are passed in: `fetch`, the clock, and waiting. */
export interface VerifyEffects {
  fetch: typeof fetch;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
}

/** The samples to check, and the publication they belong to. */
export interface VerifyTask {
  layer: string;
  edge: EdgeLayer;
  tiles: readonly TileId[];
  version: string;
  /** The version that tiles had before. It is the same version if a further part of it was published. */
  previous?: string | undefined;
  /** Epoch milliseconds at which the purge began. */
  purgedAt: number;
  /** Epoch milliseconds at which the last part of the purge began, if it was spread over zooms. @default purgedAt */
  lastPurgeAt?: number;
  /** The state of each of `tiles` at the edge before the purge. */
  before?: ReadonlyArray<Sample['before']>;
  /** Purges once more if the edge may have refilled itself with old tiles after the purge. */
  purgeAgain?: PurgeAgain;
  /** The answer of the origin for each of `tiles` before the purge. */
  origin?: ReadonlyArray<Sight | undefined>;
}
