import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { WorkerMessage } from '../../src/shared/protocol';
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
  scope: string;
  origin: string;
  caches: CacheStorage;
  timers: Timers;
}

/** What else they need to fetch tiles. */
export interface RegionTools {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  random: () => number;
  match: (url: string) => TileAddress | undefined;
  layer: (name: string) => ResolvedLayer | undefined;
  /** URLs that pages have asked for, with what they are. */
  seen: () => Iterable<readonly [url: string, address: TileAddress]>;
  /** The name of a layer's cache. */
  nameOf: (layer: string, version: string, partition: string) => string;
  ledger: Ledger;
  digest: Digest;
  lookup: Lookup;
  flights: Flights;
  env: VaryEnvironment;
  tell: (message: WorkerMessage) => Promise<void>;
  estimate: () => Promise<StorageEstimate | undefined>;
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
  /** The ledger has moved on: what regions hold may be overtaken. */
  changed(): Promise<void>;
  /** Somebody logs out, or wants all of it gone. */
  clear(layer: string | undefined, partition: string): Promise<void>;
}

/** Goes into `createTileCache({ regions })`. */
export type RegionsPlugin = (around: RegionSurroundings) => Regions;
