import type { RegionInfo } from './regions';
import type { BBox, TileId, ZoomRange } from './tile';
import type { TileUse, TileValidation } from './tile-use';

/** A layer's version changed; the page's `versionchange`. To every window of the origin. */
export interface VersionChangedMessage {
  type: 'VERSION_CHANGED';
  layer: string;
  version: string;
  previous: string | undefined;
}

/** The worker has learnt the first version of an archive, which no page reads for itself. To every window of the origin. */
export interface VersionLearntMessage {
  type: 'VERSION_LEARNT';
  layer: string;
  version: string;
}

/** These tiles have new bytes in the store; the page's `tilesupdated`. */
export interface TilesUpdatedMessage {
  type: 'TILES_UPDATED';
  layer: string;
  tiles: TileId[];
}

/** An invalidation was applied: visible tiles in its range should be asked for again. To every window. */
export interface InvalidatedMessage {
  type: 'TILES_INVALIDATED';
  layer: string;
  version?: string;
  bbox?: BBox;
  zooms?: ZoomRange;
  buffer: number;
  mode: 'purge' | 'stale';
  scope?: 'tiles' | 'metadata';
}

/** Batched, to the client that asked for the tiles (a page's web workers: to the windows whose maps show the tile). */
export interface TilesUsedMessage {
  type: 'TILES_USED';
  uses: TileUse[];
  validations?: TileValidation[];
}

/** Something that a page may want to show or log. */
export interface NoticeMessage {
  type: 'TILE_NOTICE';
  notice:
    | 'refused'
    | 'versionmismatch'
    | 'lowerrevision'
    | 'offline'
    | 'online'
    | 'validationfailed'
    | 'storagefailed'
    | 'opaque'
    | 'archive'
    | 'vary'
    | 'csp'
    | 'network';
  layer?: string;
  detail?: string;
}

/** A region has changed, or made progress. To every window. */
export interface RegionMessage {
  type: 'TILE_REGION';
  region: RegionInfo;
  /** It is gone: somebody removed it. */
  removed?: true;
  /** The browser has deleted it. */
  lost?: true;
}

export type WorkerMessage =
  | RegionMessage
  | VersionChangedMessage
  | VersionLearntMessage
  | TilesUpdatedMessage
  | InvalidatedMessage
  | TilesUsedMessage
  | NoticeMessage;
