import type { InspectCommand } from './inspect-commands';
import type { Invalidation } from './invalidation';
import type { VersionManifest } from './manifest';
import type { MoveInCommand } from './move-in';
import type { RegionCommand } from './regions';
import type { BBox } from './tile';

/** Any page may post this, with no envelope; a port in the transfer list gets the ack. */
export interface InvalidateMessage extends Invalidation {
  type: 'CACHE_INVALIDATE';
}

/** The page has read the version endpoint. Acked when the ledger has it. */
export interface VersionsMessage {
  type: 'TILE_VERSIONS';
  id: string;
  manifest: VersionManifest;
  /** Epoch milliseconds: start of the manifest's request less its `Age`. */
  confirmedAt: number;
  /** Layers (`*`: the entry for all) whose lower revision was seen again and again, and is believed. */
  believe?: string[];
}

/** The worker stores nothing more and leaves all requests to the browser; it is about to be removed. */
export interface StopMessage {
  type: 'TILE_STOP';
}

/** Asks for `WorkerStatus`. */
export interface StatusMessage {
  type: 'TILE_STATUS';
  id: string;
}

/** Asks for `StorageUsage`. */
export interface UsageMessage {
  type: 'TILE_USAGE';
  id: string;
}

/** Forgets everything of a layer, of a partition, of both, or (neither given) all tiles. */
export interface ClearMessage {
  type: 'TILE_CLEAR';
  id: string;
  layer?: string;
  partition?: string;
}

/** `off`: nothing is asked for; `unmetered`: not over a connection that costs by the byte, as far as the browser tells. */
export type NetworkMode = 'on' | 'unmetered' | 'off';

/** Lets the worker use the network, or not. Acked when the ledger has it; told to every window by a notice. */
export interface NetworkMessage {
  type: 'TILE_NETWORK';
  id: string;
  mode: NetworkMode;
}

/** Where the map looks: the worker fetches tiles of this view first and drops background work elsewhere. No ack. */
export interface ViewportMessage {
  type: 'TILE_VIEWPORT';
  layer: string;
  zoom: number;
  bbox: BBox;
  /** Tells one of the page's maps of the layer from another; at most 64 characters. */
  map?: string;
  /** The map is gone, or shows the layer no more: nobody looks there. */
  closed?: true;
}

/** A page's command about offline regions. The ack contains each action's result. */
export type RegionsMessage = RegionCommand & { type: 'TILE_REGIONS'; id: string };

/** A page's command to the inspector; it changes nothing in the store. The ack contains each action's result. */
export type InspectMessage = InspectCommand & { type: 'TILE_INSPECT'; id: string };

/** One slice of a move: tiles of another program are taken over. Acked with `MoveInSlice`. */
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
