import type { ErrorRecord } from '../../src/shared/errors';
import type { FailedTile, RegionSpec } from '../../src/shared/regions';
import type { PackName } from '../store/pack';

/** A layer of a region, with all defaults filled in. */
export interface SavedLayer {
  layer: string;
  template: string;
  ratios: string[];
  /** The partition with which this worker requests the layer's tiles. */
  partition: string;
  /** The name of the cache with its packs. */
  cacheName: string;
}

/**
 * Tells which pack of a block is in force: the one of the `default` generation, except for the blocks that are named.
 */
export interface Generations {
  default: number;
  except: Record<string, number>;
}

/** A whole edition: all answers from a region come from one edition. */
export interface Edition {
  number: number;
  /** The area that the edition holds, whatever the region is to hold next. */
  spec: Pick<RegionSpec, 'bounds' | 'zooms'>;
  layers: SavedLayer[];
  /** Epoch milliseconds. */
  savedAt: number;
  /** The ledger's epoch when the edition was whole: it does not reflect later rules. */
  epoch: number;
  ledger: string;
  /** Versions by layer, if known; '' if the tiles are labelled with several. */
  versions: Record<string, string>;
  /** Generations by the layer's place in the list. */
  blocks: Generations[];
  /** Packs of the assets that the style needs, by layer; 0: none. */
  assets: Array<{ layer: string; cacheName: string; generation: number }>;
  tiles: number;
  /** Bytes of the bodies. */
  bytes: number;
  /** Bytes of the packs. */
  stored: number;
  failed: FailedTile[];
}

/**
 * What a draft requests from the origin. `missing`: tiles that are missing or stale. `all`: validates everything.
 * `ruled`: tiles that rules or versions have overtaken. `failed`: tiles that failed.
 */
export type DraftMode = 'missing' | 'all' | 'ruled' | 'failed';

/** An edition that is being made, beside the one in force. */
export interface Draft {
  number: number;
  mode: DraftMode;
  startedAt: number;
  /** The ledger's epoch when this pass over the blocks began. */
  epoch: number;
  ledger: string;
  versions: Record<string, string>;
  /** The versions that the tiles are labelled with, by layer; '' if they are of several. */
  labels?: Record<string, string>;
  /** Blocks of this pass, by their place in the region's list; undefined: all. */
  list?: number[];
  /** Blocks that are done, in this pass. */
  done: number;
  /** 0 is the first pass, over all blocks. Later passes do not count blocks again. */
  pass: number;
  /** Blocks of this pass in which some tile failed. */
  open: number[];
  /** The blocks with new packs, by layer. */
  changed: Array<Record<string, true>>;
  /** The packs of the style's assets, once they are there. */
  assets?: Edition['assets'];
  /** Counts of the blocks that are done. */
  tiles: number;
  bytes: number;
  stored: number;
  failed: FailedTile[];
  /** More tiles have failed than `failed` names. */
  more?: true;
  /** Some tile was not answered with 404 or 410. */
  hasTiles?: true;
  /** The style's assets are staged, or have failed once: what is missing is requested after the tiles. */
  hasParts?: true;
  /** The part of the style's assets in these counts. */
  ofAssets?: { tiles: number; bytes: number; stored: number };
  /** Epoch milliseconds before which the origin does not want to be asked. */
  notBefore: number;
  /** Milliseconds of that wait: a longer one comes from a clock that was set back. */
  wait?: number;
  /** The number of network failures in a row; `trouble` is the last one. */
  troubles: number;
  trouble?: string;
  /** Some tiles failed: the draft waits until a page requests them again, and the old edition stays in force. */
  stalled?: true;
}

/** All that is kept of a region besides its packs. */
export interface RegionRecord {
  id: string;
  name: string;
  spec: RegionSpec;
  layers: SavedLayer[];
  createdAt: number;
  total: number;
  expected?: number;
  paused: boolean;
  error?: ErrorRecord;
  /** Epoch milliseconds at which storage failed; absent if a page has paused the region since. */
  failedAt?: number;
  lost?: true;
  /** The regions whose packs hold bodies of this region's tiles. */
  borrows: string[];
  edition?: Edition;
  draft?: Draft;
  /** Packs that nothing refers to any more. */
  garbage: PackName[];
  /** The number of the last edition that was begun. */
  last: number;
}

/** A tile that has come, until its pack is written. */
export interface StagedTile {
  region: string;
  /** Layer and block. */
  block: string;
  key: string;
  status: number;
  headers: Array<[string, string]>;
  meta: string;
  body: Uint8Array<ArrayBuffer> | { from: PackName; length: number; crc: number };
}

/** A tile that is staged, with the size of its body. */
export interface StagedSize {
  block: string;
  key: string;
  bytes: number;
}

/** The durable records of regions. Every method rejects when the database does. */
export interface Records {
  all(): Promise<RegionRecord[]>;
  /** Writes a record. With `spent`, deletes that block's staged tiles in the same transaction. */
  put(record: RegionRecord, spent?: string): Promise<void>;
  /** Removes the record, and everything staged for it. */
  remove(id: string): Promise<void>;
  /** Stages a tile. Resolves when it is durable; tiles staged at the same time are written together. */
  stage(tile: StagedTile): Promise<void>;
  staged(region: string, block: string): Promise<StagedTile[]>;
  unstage(region: string): Promise<void>;
  /** Resolves with the sizes of everything that is staged for a region. */
  stagedSizes(region: string): Promise<StagedSize[]>;
  /** Stops all reads and writes. */
  close(): void;
}
