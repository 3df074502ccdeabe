import type { RegionInfo } from './regions';
import type { BBox, TileId, ZoomRange } from './tile';
import type { TileUse, TileValidation } from './tile-use';

/** A layer has a new version; the page's `versionchange`. Sent to every window of the origin. */
export interface VersionChangedMessage {
  type: 'VERSION_CHANGED';
  layer: string;
  version: string;
  previous: string | undefined;
}

/** The worker has learnt the first version of an archive, which no page can read by itself. Sent to every window of the origin. */
export interface VersionLearntMessage {
  type: 'VERSION_LEARNT';
  layer: string;
  version: string;
}

/** The store has new bytes of these tiles; the page's `tilesupdated`. */
export interface TilesUpdatedMessage {
  type: 'TILES_UPDATED';
  layer: string;
  tiles: TileId[];
}

/**
 * The worker has applied an invalidation: the map should request the visible tiles in its range again. Sent to every
 * window.
 */
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

/**
 * How the worker answered tile requests, in batches. Sent to the client that requested the tiles; for a page's web
 * worker, to the windows whose maps show the tile.
 */
export interface TilesUsedMessage {
  type: 'TILES_USED';
  uses: TileUse[];
  validations?: TileValidation[];
}

/** A problem, or the end of one, that a page may want to show or log. */
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

/** A region has changed or made progress. Sent to every window. */
export interface RegionMessage {
  type: 'TILE_REGION';
  region: RegionInfo;
  /** A page removed the region. */
  removed?: true;
  /** The browser deleted the region's storage. */
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
