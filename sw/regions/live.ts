import type { FailedTile, RegionInfo } from '../../src/shared/regions';
import type { Answered } from './ask-origin';
import type { Settled } from './block-plan';
import type { Draft, StagedSize } from './records';
import type { Underway } from './underway';

/** The worker's knowledge of a region in the making, besides its record. */
export interface Live {
  /** The draft that it is about. */
  draft: number | undefined;
  /** The sizes of the tiles that count besides those that the record counts, by block and key. */
  ahead: Map<string, Map<string, number>>;
  /** `count` tiles have come in the slices of `worked` milliseconds before, and since `since` in epoch milliseconds. */
  since: number;
  worked: number;
  count: number;
  reason?: RegionInfo['reason'];
  /** The tiles that are settled but not staged, by block, so that no slice begins with them anew. */
  unstaged: Map<string, Unstaged>;
  /** The second reading of the style's parts, which may take several slices. */
  reading?: Reading;
  /** The layers that have given no tile lately, in this pass. */
  refusing: Map<string, Refusing>;
}

/** What a layer's origin has said in place of tiles. */
export interface Refusing {
  /** Answers in a row that bring no tile. */
  row: number;
  /** The number of these at which the worker makes sure that the origin gives any tile at all. */
  most: number;
  looking?: Promise<Refusing | undefined>;
  /** It gives none: the worker requests no more tiles of the layer in this pass, and they fail with this reason. */
  reason?: string;
}

/** Milliseconds of work that count as recent. */
const RECENT_MS = 60_000;

/** What earlier slices have found out about a block, besides its staged tiles. */
export interface Unstaged {
  failed: Map<string, FailedTile>;
  /** Since when the origin has lacked tiles that stay as they are in the edition in force. */
  missed: Map<string, number>;
  /** Tiles that the origin did not answer: the others are requested first. */
  late: Set<string>;
  /** Requests that have not been settled yet. */
  underway: Underway<Got>;
  /** Requests that are to show whether a host answers, by host, or by layer whether it gives any tile. */
  witnesses: Underway<boolean>;
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

/** Creates the knowledge of a draft. `staged`: what earlier runs of the worker have staged for it. */
export function createLive(draft: number | undefined, staged: readonly StagedSize[], now: number): Live {
  const live: Live = {
    draft,
    ahead: new Map(),
    since: now,
    worked: 0,
    count: 0,
    unstaged: new Map(),
    refusing: new Map(),
  };
  for (const { block, key, bytes } of staged) countTile(live, block, key, bytes);
  return live;
}

/** Counts a tile that is settled, however often it is. Returns true the first time. */
export function countTile({ ahead }: Live, block: string, key: string, bytes: number): boolean {
  const counted = ahead.get(block) ?? new Map<string, number>();
  const isNew = !counted.has(key);
  ahead.set(block, counted.set(key, bytes));
  return isNew;
}

/** Begins a slice. Slices that are long past count less. */
export function beginSlice(live: Live, now: number): void {
  const share = Math.min(1, RECENT_MS / Math.max(1, live.worked));
  Object.assign(live, { since: now, worked: live.worked * share, count: live.count * share });
}

/** Ends a slice. */
export function endSlice(live: Live, now: number): void {
  live.worked += Math.max(0, now - live.since);
  live.since = now;
}

/** Returns the tiles per second of the last minute of work; undefined if none has come. */
export function rateOf({ since, worked, count }: Live, now: number): number | undefined {
  const ms = worked + Math.max(0, now - since);
  return count > 0 && ms > 0 ? count / (ms / 1000) : undefined;
}

/** Returns the tiles and bytes that count besides those that the draft counts. */
export function sumAhead(live: Live | undefined, draft: Draft | undefined): { tiles: number; bytes: number } {
  let [tiles, bytes] = [0, 0];
  for (const [block, counted] of live?.ahead ?? []) {
    if (draft?.assets && isOfStyle(block)) continue;
    tiles += counted.size;
    for (const size of counted.values()) bytes += size;
  }
  return { tiles, bytes };
}

/** Forgets the counts of the style's parts: the record has them now. */
export function clearParts({ ahead }: Live): void {
  for (const block of ahead.keys()) if (isOfStyle(block)) ahead.delete(block);
}

/** Returns the name of a layer's part of the style in the staging store. */
export const assetsBlock = (layer: string): string => `assets ${layer}`;

const isOfStyle = (block: string): boolean => block.startsWith(assetsBlock(''));

/** Returns the worker's knowledge of a region, and creates it if needed. */
export function liveOf(id: string, { lives, now }: { lives: Lives; now: () => number }): Live {
  const live = lives.get(id) ?? createLive(undefined, [], now());
  lives.set(id, live);
  return live;
}
