import type { FailedTile, RegionInfo } from '../../src/shared/regions';
import type { Answered } from './ask-origin';
import type { Settled } from './block-plan';
import type { Underway } from './underway';

/** The worker's knowledge of a region in the making, besides its record. */
export interface Live {
  /** Tiles and bytes of the current block. */
  tiles: number;
  bytes: number;
  /** The part of the block that was staged in an earlier run of the worker. */
  floor: number;
  /** The time since which `count` counts the tiles of this run, in epoch milliseconds. */
  since: number;
  count: number;
  reason?: RegionInfo['reason'];
  /** The tiles that are settled but not staged, by block, so that no slice begins with them anew. */
  unstaged: Map<string, Unstaged>;
  /** The second reading of the style's parts, which may take several slices. */
  reading?: Reading;
}

/** What earlier slices have found out about a block, besides its staged tiles. */
export interface Unstaged {
  failed: Map<string, FailedTile>;
  /** Since when the origin has lacked tiles that stay as they are in the edition in force. */
  missed: Map<string, number>;
  /** Tiles that the origin did not answer: the others are requested first. */
  late: Set<string>;
  /** Requests that have not been settled yet. */
  underway: Underway<Got>;
  /** Requests that are to show whether a host answers, by host. */
  witnesses: Underway<Answered>;
  /** Failures of the origin in a row. */
  troubles: number;
  /** The origin has answered with a tile. */
  answered: boolean;
}

/** The result of requesting one tile of a block: one that has come is staged, or stays as it is. */
export type Got = Exclude<Answered, { kind: 'tile' }> | { kind: 'had'; settled: Settled };

/** The comparison of the gathered parts of a style with the origin's. */
export interface Reading {
  /** The number of different gatherings until now. */
  count: number;
  /** Names the gathered answers. */
  of: string;
  /** Keys of those that the origin has given once more since they were all gathered. */
  same: Set<string>;
  underway: Underway<Answered>;
}

/** The regions that the worker has worked on since it started, by id. */
export type Lives = Map<string, Live>;

/** Returns the worker's knowledge of a region, and creates it if needed. */
export function liveOf(id: string, { lives, now }: { lives: Lives; now: () => number }): Live {
  let live = lives.get(id);
  if (!live) lives.set(id, (live = { tiles: 0, bytes: 0, floor: 0, since: now(), count: 0, unstaged: new Map() }));
  return live;
}

/** Clears the current block: the record contains the last one now, or the worker begins it anew. */
export function clearBlock(live: Live): void {
  Object.assign(live, { tiles: 0, bytes: 0, floor: 0 });
}
