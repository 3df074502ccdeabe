import type { InspectCommand } from './inspect-commands';
import type { Invalidation } from './invalidation';
import type { VersionManifest } from './manifest';
import type { MoveInCommand } from './move-in';
import type { RegionCommand } from './regions';
import type { BBox, TileCrs } from './tile';

/**
 * An invalidation. Any page may post it as it is. If the transfer list contains a port, the worker acknowledges on that
 * port.
 */
export interface InvalidateMessage extends Invalidation {
  type: 'CACHE_INVALIDATE';
}

/** The manifest that the page has read. The worker acknowledges once its ledger has stored it. */
export interface VersionsMessage {
  type: 'TILE_VERSIONS';
  id: string;
  manifest: VersionManifest;
  /** Epoch milliseconds: the start of the manifest's request, less its `Age`. */
  confirmedAt: number;
  /**
   * Layers (`*`: the entry for all) whose lower revision the page has seen so often that the worker should believe it.
   */
  believe?: string[];
}

/**
 * Tells the worker to store nothing more and to leave all requests to the browser, because it is about to be removed.
 */
export interface StopMessage {
  type: 'TILE_STOP';
}

/** Requests `WorkerStatus`. */
export interface StatusMessage {
  type: 'TILE_STATUS';
  id: string;
}

/** Requests `StorageUsage`. */
export interface UsageMessage {
  type: 'TILE_USAGE';
  id: string;
}

/** Clears the tiles of a layer, of a partition, or of both together; with neither, all tiles. */
export interface ClearMessage {
  type: 'TILE_CLEAR';
  id: string;
  layer?: string;
  partition?: string;
}

/**
 * `off`: the worker sends no requests. `unmetered`: it sends none over a metered connection, if the browser reports
 * that.
 */
export type NetworkMode = 'on' | 'unmetered' | 'off';

/** Sets the network mode. The worker acknowledges once its ledger has stored it, and notifies every window. */
export interface NetworkMessage {
  type: 'TILE_NETWORK';
  id: string;
  mode: NetworkMode;
}

/**
 * The map's view. The worker fetches the tiles of this view first, and drops background work elsewhere. There is no
 * ack.
 */
export interface ViewportMessage {
  type: 'TILE_VIEWPORT';
  layer: string;
  zoom: number;
  bbox: BBox;
  /** Identifies the map if the page has several with this layer; at most 64 characters. */
  map?: string;
  /** The map is gone, or no longer shows the layer. */
  closed?: true;
  /** The grid of the map, if it is not Web Mercator. Only the page needs it: its tiles have no place there. */
  crs?: TileCrs;
}

/** A page's command about offline regions. The ack contains each action's result. */
export type RegionsMessage = RegionCommand & { type: 'TILE_REGIONS'; id: string };

/** A page's command to the inspector; it changes nothing in the store. The ack contains each action's result. */
export type InspectMessage = InspectCommand & { type: 'TILE_INSPECT'; id: string };

/** One slice of a move, which takes over tiles of another program. The worker acknowledges with `MoveInSlice`. */
export type MoveInMessage = MoveInCommand & { type: 'TILE_MOVE_IN'; id: string };

export type PageMessage =
  | InvalidateMessage
  | VersionsMessage
  | StatusMessage
  | UsageMessage
  | ClearMessage
  | ViewportMessage
  | RegionsMessage
  | InspectMessage
  | MoveInMessage
  | NetworkMessage
  | StopMessage;
