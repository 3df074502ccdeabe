import type { FailedTile } from '../../src/shared/regions';
import type { Wanted } from '../lookup/wanted';
import type { Trouble } from './ask-origin';
import type { Pack, PackItem, PackName } from './pack';
import type { DraftMode } from './records';

/** Bytes of one block: it is written as one, and a phone has to hold it. */
export const MAX_BLOCK_BYTES = 256 * 1024 * 1024;

/** A tile, or what the style needs. */
export type WantedItem = Wanted & { tile?: FailedTile['tile'] };

/** What a block is filled from, and how. */
export interface BlockPlan {
  region: string;
  /** Names the block in the staging store. */
  id: string;
  wanted: readonly WantedItem[];
  mode: DraftMode;
  /** The draft's own pack, from an earlier pass. */
  own: Pack | undefined;
  /** The pack of the edition in force. */
  old: Pack | undefined;
  oldName: PackName | undefined;
  /** Requests at once. */
  concurrency: number;
  /** Bytes of all bodies: what comes beyond has failed. */
  most: number;
  /** The origin has been waited for long enough: what it fails to answer now has failed. */
  impatient: boolean;
}

/** How a block came out. */
export interface Filled {
  /** Undefined: nothing differs from the pack in force. */
  items: PackItem[] | undefined;
  failed: FailedTile[];
  tiles: number;
  bytes: number;
}

/** Ended before all of the block was settled. */
export interface Stopped {
  trouble?: Trouble;
}

/** A tile that is settled: it is in a pack or staged, or came just now. */
export interface Settled {
  item: PackItem;
  bytes: number;
  /** It is not in the pack of the edition in force. */
  fresh: boolean;
}
