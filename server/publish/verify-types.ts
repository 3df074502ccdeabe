import type { TileId } from '../../src/shared/tile';
import type { EdgeLayer } from '../layers/edge-layer';
import type { Sample } from './look';
import type { PurgeAgain } from './purge-again';
import type { Sight } from './sight';

/** Options of the check that follows a publication. */
export interface VerifyOptions {
  /** Tiles that are asked for. @default 3 */
  samples?: number;
  /** Seconds from the start of the purge (of its last part, where it is spread over zooms) until the edge must have let go of every sample; longer fails the step. @default no limit */
  limit?: number;
  /** Seconds after which the check gives up; the announcement waits no longer for it. @default 30 */
  timeout?: number;
  /** What the edge's response says of itself. @default reads CF-Cache-Status, X-Cache-Status, X-Cache and Cache-Status */
  edgeStatus?: (response: Response) => 'hit' | 'miss' | undefined;
  /** Sent along, for an edge that lets nobody else in. @default {} */
  headers?: Record<string, string>;
  /** Takes what cannot be proven (no sample exists, the edge keeps none, nothing tells versions apart) for good; the step says `unproven`. @default false */
  allowUnproven?: boolean;
  /** Takes tiles that were there before and are no more for good: the data shrinks. @default false */
  allowGone?: boolean;
}

/** What the check saw. */
export interface VerifyResult {
  /** The edge answers with the version. */
  ok: boolean;
  /** How many tiles were looked at. */
  samples: number;
  /** Seconds from the start of the purge until the last sample came from the origin anew. */
  purgeLatency?: number;
  /** What was seen, for people. */
  detail: string;
  /** Nothing wrong was seen, and nothing was proven. */
  unproven?: true;
}

/** What is passed in. */
export interface VerifyEffects {
  fetch: typeof fetch;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
}

/** What is looked for. */
export interface VerifyTask {
  layer: string;
  edge: EdgeLayer;
  tiles: readonly TileId[];
  version: string;
  /** The version that tiles bore before; the same one where a further part of it was published. */
  previous?: string | undefined;
  /** Epoch milliseconds. */
  purgedAt: number;
  /** Epoch milliseconds: its last part began, where it was spread over the zooms. @default purgedAt */
  lastPurgeAt?: number;
  /** How each of `tiles` lay at the edge before the purge. */
  before?: ReadonlyArray<Sample['before']>;
  /** Purges once more, where the edge may fill itself with old tiles behind the purge. */
  purgeAgain?: PurgeAgain;
  /** What the origin had for each of `tiles` before the purge. */
  origin?: ReadonlyArray<Sight | undefined>;
}
