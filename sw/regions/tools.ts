import type { StorageUsage } from '../../src/shared/answers';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { WorkerMessage } from '../../src/shared/worker-messages';
import type { RegionCommand } from '../../src/shared/regions';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { VaryEnvironment } from '../http/vary';
import type { Ledger } from '../ledger/ledger';
import type { Flights } from '../origin/flights';
import type { TileOrigin } from '../origin/tile-origin';
import type { KeptTiles } from '../lookup/kept';
import type { Lookup } from '../lookup/lookup';
import type { Timers } from '../util/deadline';
import type { Digest } from '../util/digest';

/** The surroundings that regions need before tiles can be looked up. */
export interface RegionSurroundings {
  /** The scope of the worker's registration. */
  scope: string;
  /** The worker's own origin. */
  origin: string;
  /** The browser's Cache Storage. */
  caches: CacheStorage;
  /** The worker's timers. */
  timers: Timers;
}

/** The tools that regions need to fetch tiles. */
export interface RegionTools {
  /** Epoch milliseconds. */
  now: () => number;
  /** Resolves after so many milliseconds. */
  sleep: (ms: number) => Promise<void>;
  /** Keeps the worker alive until the work has settled. */
  later: (work: Promise<unknown>) => void;
  /** A number from 0 up to 1. */
  random: () => number;
  /** Finds the tile that a URL names. */
  match: (url: string) => TileAddress | undefined;
  /** The layer of a name. */
  layer: (name: string) => ResolvedLayer | undefined;
  /** Yields the URLs that pages have requested, each with its address. */
  seen: () => Iterable<readonly [url: string, address: TileAddress]>;
  /** The name of a layer's cache. */
  nameOf: (layer: string, version: string, partition: string) => string;
  /** What the worker's ledger holds. */
  ledger: Ledger;
  /** Hashes a text. */
  digest: Digest;
  /** Finds stored tiles. */
  lookup: Lookup;
  /** Requests tiles from the origin. */
  flights: Flights;
  /**
   * Sends a request past everything that is stored, for layers with an archive: with `Cache-Control: only-if-cached`,
   * what can be told of a tile without the network; else 504.
   */
  send: TileOrigin;
  /** Fetches within the network mode, past everything that is stored. */
  fetch: (request: Request) => Promise<Response>;
  /** The worker's own origin. */
  origin: string;
  /** What the worker knows about the browser, to evaluate `Vary`. */
  env: VaryEnvironment;
  /** Sends a message to every page. */
  tell: (message: WorkerMessage) => Promise<void>;
  /** The browser's estimate of its storage, if it gives one. */
  estimate: () => Promise<StorageEstimate | undefined>;
  /** Whether the browser has promised to keep what is stored. */
  persisted: () => Promise<boolean | undefined>;
  /** Storage is full: frees room for so many bytes; true when it did. */
  makeRoom: (bytes: number) => Promise<boolean>;
}

/** The regions of a running cache. */
export interface Regions extends KeptTiles {
  /** Joins the worker. */
  connect(tools: RegionTools): void;
  /** Answers one message about regions. */
  command(command: RegionCommand): Promise<unknown>;
  /** Tiles, bytes and layers of each region, for `TILE_USAGE`. Never rejects. */
  usage(): Promise<NonNullable<StorageUsage['regions']>>;
  /** Called when the ledger has moved on, which may overtake tiles of regions. */
  changed(): Promise<void>;
  /** Clears tiles, because a user logs out or wants all of them gone. */
  clear(layer: string | undefined, partition: string): Promise<void>;
  /** Stores nothing from now on, because the cache is about to be removed. Resolves when pending work has ended. */
  stop(): Promise<void>;
}

/** The plugin to pass to `createTileCache({ regions })`. */
export type RegionsPlugin = (around: RegionSurroundings) => Regions;
