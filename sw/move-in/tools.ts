import type { MoveInSlice } from '../../src/shared/move-in';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { VaryEnvironment } from '../http/vary';
import type { TileIndex } from '../index/tile-index';
import type { Ledger } from '../ledger/ledger';
import type { Leaving } from '../origin/leaving';
import type { TileWriter } from '../origin/tile-writer';
import type { TileStore } from '../store/tile-store';
import type { Timers } from '../util/deadline';
import type { Digest } from '../util/digest';

/** What is needed to find tiles that have moved in. */
export interface MoveInSurroundings {
  /** The worker's own origin. */
  origin: string;
  /** The browser's Cache Storage. */
  caches: CacheStorage;
  /** The worker's timers. */
  timers: Timers;
}

/** What else is needed to take them. */
export interface MoveInTools {
  /** Epoch milliseconds. */
  now: () => number;
  /** Milliseconds of a timer that nobody sets. */
  monotonic: () => number;
  /** Resolves after so many milliseconds. */
  sleep: (ms: number) => Promise<void>;
  /** Which tile a URL is. */
  match: (url: string) => TileAddress | undefined;
  /** What the worker's ledger holds. */
  ledger: Ledger;
  /** Hashes a text. */
  digest: Digest;
  /** Sizes and last use. */
  index: TileIndex;
  /** Lines up what is written under the same key. */
  inLine: TileWriter['inLine'];
  /** What the worker can tell of the browser. */
  env: VaryEnvironment;
  /** Somebody is about to log out. */
  leaving: Pick<Leaving, 'has'>;
  /** Bytes of all layers together. */
  maxBytes: number;
  /** Something was stored. */
  keepHouse: () => void;
}

/** The part of a running cache that takes tiles over. */
export interface MovedTiles {
  /** The store that finds what has moved in as well. */
  around(store: TileStore): TileStore;
  /** Joins the worker. */
  connect(tools: MoveInTools): void;
  /** Answers one message. Rejects with `TileCacheError`. */
  command(command: Record<string, unknown>): Promise<MoveInSlice>;
}

/** Goes into `createTileCache({ moveIn })`. */
export type MoveInPlugin = (around: MoveInSurroundings) => MovedTiles;
