import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { WorkerMessage } from '../../src/shared/worker-messages';
import type { RegionCommand } from '../../src/shared/regions';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { VaryEnvironment } from '../http/vary';
import type { Ledger } from '../ledger/ledger';
import type { Flights } from '../origin/flights';
import type { KeptTiles } from '../lookup/kept';
import type { Lookup } from '../lookup/lookup';
import type { Timers } from '../util/deadline';
import type { Digest } from '../util/digest';

/** What regions need of a running cache, before tiles can be looked up in it. */
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

/** What else they need to fetch tiles. */
export interface RegionTools {
  /** Epoch milliseconds. */
  now: () => number;
  /** Resolves after so many milliseconds. */
  sleep: (ms: number) => Promise<void>;
  /** A number from 0 up to 1. */
  random: () => number;
  /** Which tile a URL is. */
  match: (url: string) => TileAddress | undefined;
  /** The layer of a name. */
  layer: (name: string) => ResolvedLayer | undefined;
  /** URLs that pages have asked for, with what they are. */
  seen: () => Iterable<readonly [url: string, address: TileAddress]>;
  /** The name of a layer's cache. */
  nameOf: (layer: string, version: string, partition: string) => string;
  /** What the worker's ledger holds. */
  ledger: Ledger;
  /** Hashes a text. */
  digest: Digest;
  /** Reads the store. */
  lookup: Lookup;
  /** Asks the origin. */
  flights: Flights;
  /** What the worker can tell of the browser. */
  env: VaryEnvironment;
  /** Tells every page. */
  tell: (message: WorkerMessage) => Promise<void>;
  /** What the browser allows, where it tells. */
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
  /** Tiles and bytes of each region, for `TILE_USAGE`. Never rejects. */
  usage(): Promise<Record<string, { tiles: number; bytes: number }>>;
  /** The ledger has moved on: what regions hold may be overtaken. */
  changed(): Promise<void>;
  /** Somebody logs out, or wants all of it gone. */
  clear(layer: string | undefined, partition: string): Promise<void>;
  /** The cache is about to be removed: nothing is stored from now on. Resolves when what was on its way has ended. */
  stop(): Promise<void>;
}

/** Goes into `createTileCache({ regions })`. */
export type RegionsPlugin = (around: RegionSurroundings) => Regions;
