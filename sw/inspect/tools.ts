import type { InspectCommand } from '../../src/shared/inspect-commands';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { TileIndex } from '../index/tile-index';
import type { KeptTiles } from '../lookup/kept';
import type { TileHandler } from '../request/handle-tile';
import type { RequestTools } from '../request/task';
import type { TileStore } from '../store/tile-store';

/** What the inspector needs of a running cache. */
export interface InspectTools extends RequestTools {
  /** Bodies in Cache Storage. */
  store: TileStore;
  /** Sizes and last use. */
  index: TileIndex;
  /** What regions hold. */
  kept: KeptTiles | undefined;
  /** Which tile a URL is. */
  match: (url: string) => TileAddress | undefined;
  /** The layer of a name. */
  layer: (name: string) => ResolvedLayer | undefined;
  /** URLs that pages have asked for lately, with what they are. */
  seen: () => Iterable<readonly [url: string, address: TileAddress]>;
  /** Names of layers that pages may be showing. */
  known: () => readonly string[];
  /** The worker's own origin. */
  origin: string;
  /** True for a host that the worker's own Content-Security-Policy is known to forbid. */
  forbidden: (url: string) => boolean;
  /** Milliseconds of a timer that nobody sets. */
  monotonic: () => number;
  /** Resolves after so many milliseconds. */
  sleep: (ms: number) => Promise<void>;
  /** What the browser allows, where it tells. */
  estimate: () => Promise<StorageEstimate | undefined>;
  /** Whether the browser has promised to keep what is stored. */
  persisted: () => Promise<boolean | undefined>;
}

/** The inspector of a running cache. */
export interface Inspector {
  /** Answers tiles as the cache does, and takes notes while somebody wants them. */
  handler: TileHandler;
  /** Answers one message. Rejects with `TileCacheError` INVALID_MESSAGE. */
  command(command: InspectCommand, clientId: string | undefined): Promise<unknown>;
}

/** Goes into `createTileCache({ inspect })`. */
export type InspectorPlugin = (tools: InspectTools) => Inspector;
