import type { InspectCommand } from '../../src/shared/inspect-commands';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { TileIndex } from '../index/tile-index';
import type { KeptTiles } from '../lookup/kept';
import type { TileHandler } from '../request/handle-tile';
import type { RequestTools } from '../request/task';
import type { TileStore } from '../store/tile-store';

/** The parts of a running cache that the inspector uses. */
export interface InspectTools extends RequestTools {
  /** Bodies in Cache Storage. */
  store: TileStore;
  /** Sizes and last uses. */
  index: TileIndex;
  /** The tiles of regions, if any. */
  kept: KeptTiles | undefined;
  /** Returns the tile that a URL addresses. */
  match: (url: string) => TileAddress | undefined;
  /** Returns the layer with this name. */
  layer: (name: string) => ResolvedLayer | undefined;
  /** Recent URLs that pages have requested, with their tile addresses. */
  seen: () => Iterable<readonly [url: string, address: TileAddress]>;
  /** Names of layers that pages may be showing. */
  known: () => readonly string[];
  /** The worker's own origin. */
  origin: string;
  /** True if the worker's own Content-Security-Policy is known to forbid the URL's host. */
  forbidden: (url: string) => boolean;
  /** Milliseconds of a monotonic timer. */
  monotonic: () => number;
  /** Resolves after `ms` milliseconds. */
  sleep: (ms: number) => Promise<void>;
  /** Resolves with the browser's storage estimate, if it gives one. */
  estimate: () => Promise<StorageEstimate | undefined>;
  /** Resolves with true if the browser has promised to keep the site's storage. */
  persisted: () => Promise<boolean | undefined>;
}

/** The inspector of a running cache. */
export interface Inspector {
  /** Answers tiles as the cache does, and records decisions while a page asks for them. */
  handler: TileHandler;
  /** Answers one message. Rejects with `TileCacheError` INVALID_MESSAGE. */
  command(command: InspectCommand, clientId: string | undefined): Promise<unknown>;
}

/** The value of the option `inspect` of `createTileCache`. */
export type InspectorPlugin = (tools: InspectTools) => Inspector;
