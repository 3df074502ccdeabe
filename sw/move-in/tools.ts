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

/** What `moveIn()` needs to find tiles in packs. */
export interface MoveInSurroundings {
  /** The worker's own origin. */
  origin: string;
  /** The browser's Cache Storage. */
  caches: CacheStorage;
  /** The worker's timers. */
  timers: Timers;
}

/** What `moveIn()` also needs to take tiles over. */
export interface MoveInTools {
  /** Epoch milliseconds. */
  now: () => number;
  /** Milliseconds of a clock that never jumps. */
  monotonic: () => number;
  /** Resolves after this number of milliseconds. */
  sleep: (ms: number) => Promise<void>;
  /** Returns the tile that a URL addresses. */
  match: (url: string) => TileAddress | undefined;
  /** The worker's ledger. */
  ledger: Ledger;
  /** Hashes a text. */
  digest: Digest;
  /** The index of sizes and last use. */
  index: TileIndex;
  /** Queues writes of the same key, so that they run one after the other. */
  inLine: TileWriter['inLine'];
  /** What the worker knows of the header fields that the browser adds to its requests. */
  env: VaryEnvironment;
  /** Knows the users whose tiles a page has just cleared: their tiles must not come back. */
  leaving: Pick<Leaving, 'has'>;
  /** The byte budget of all layers together. */
  maxBytes: number;
  /** Call this after storing tiles: the worker then evicts what exceeds the budgets. */
  keepHouse: () => void;
}

/** The part of a tile cache that takes over other caches. */
export interface MovedTiles {
  /** Wraps a tile store so that it also finds tiles in packs. */
  around(store: TileStore): TileStore;
  /** Connects to the parts of the worker. Called once, before the first command. */
  connect(tools: MoveInTools): void;
  /** Carries out one message of a page. Rejects with `TileCacheError`. */
  command(command: Record<string, unknown>): Promise<MoveInSlice>;
}

/** What `moveIn()` returns, for `createTileCache({ moveIn })`. */
export type MoveInPlugin = (around: MoveInSurroundings) => MovedTiles;
