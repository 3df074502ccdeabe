import type { FailedTile } from '../../src/shared/regions';
import type { Wanted } from '../lookup/wanted';
import type { Trouble } from './ask-origin';
import type { Pack, PackItem, PackName } from '../store/pack';
import type { DraftMode } from './records';

/** The most bytes of one block: it is written as one, and a phone has to hold it in memory. */
export const MAX_BLOCK_BYTES = 256 * 1024 * 1024;

/** A tile, or what the style needs. */
export type WantedItem = Wanted & { tile?: FailedTile['tile'] };

/** The sources of a block, and how to fill it. */
export interface BlockPlan {
  region: string;
  /** Names the block in the staging store. */
  id: string;
  /** Names the draft and its pass. */
  turn: string;
  wanted: readonly WantedItem[];
  /** Tiles that no layer of the worker has any more: they fail without a request. */
  lacking?: readonly FailedTile[];
  mode: DraftMode;
  /** The draft's own pack, from an earlier pass. */
  own: Pack | undefined;
  /** The pack of the edition in force. */
  old: Pack | undefined;
  oldName: PackName | undefined;
  /** Requests at once. */
  concurrency: number;
  /** The most bytes of all bodies: tiles beyond that fail. */
  most: number;
  /** The bytes that the region has besides this block, and the most that it may have: the block ends beyond. */
  besides: number;
  budget: number;
  /** The origin was in trouble: one request at a time until it answers. */
  cautious?: boolean;
  /** Finds a tile that the region has in any block. */
  witness?: (fits: (one: Wanted) => boolean) => Promise<WantedItem | undefined>;
  /** Finds some tiles that the region has of a layer, or of any layer, in different places. */
  good?: (layer?: string) => Promise<readonly Wanted[]>;
  /** Names some tiles of a layer in different places, whether the region has them or not. */
  any?: (layer: string) => Promise<readonly Wanted[]>;
  /** The worker has not waited long enough for a host that does not answer. */
  patient: boolean;
  /** The worker has waited long enough for the origin: tiles that it does not answer now fail. */
  impatient: boolean;
}

/** The result of filling a block. */
export interface Filled {
  /** Undefined if nothing differs from the pack in force. */
  items: PackItem[] | undefined;
  failed: FailedTile[];
  tiles: number;
  bytes: number;
  /** The origin's trouble goes on: tiles failed because the worker had waited for it long enough. */
  lasting?: true;
}

/** The filling ended before all tiles of the block were settled. */
export interface Stopped {
  trouble?: Trouble;
  /** True if a tile was found damaged at the end. */
  anew?: true;
}

/** A tile that is settled: it is in a pack or staged, or came just now. */
export interface Settled {
  item: PackItem;
  bytes: number;
  /** True if the tile is not in the pack of the edition in force. */
  fresh: boolean;
}
