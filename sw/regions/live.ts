import type { RegionInfo } from '../../src/shared/regions';

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
}

/** The regions that the worker has worked on since it started, by id. */
export type Lives = Map<string, Live>;

/** Returns the worker's knowledge of a region, and creates it if needed. */
export function liveOf(id: string, { lives, now }: { lives: Lives; now: () => number }): Live {
  let live = lives.get(id);
  if (!live) lives.set(id, (live = { tiles: 0, bytes: 0, floor: 0, since: now(), count: 0 }));
  return live;
}

/** Clears the current block: the record contains the last one now, or the worker begins it anew. */
export function clearBlock(live: Live): void {
  Object.assign(live, { tiles: 0, bytes: 0, floor: 0 });
}
