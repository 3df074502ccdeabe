import type { ErrorRecord } from './errors';
import type { InspectCommand } from './inspect-commands';
import type { VersionManifest } from './manifest';
import type { RegionCommand, RegionInfo } from './regions';
import type { BBox, TileId, ZoomRange } from './tile';

/** What an invalidation says, on the wire and in `client.invalidate()`. */
export interface Invalidation {
  /** The layer's name in the worker. */
  layer: string;
  /** The layer's version from now on; without it the version stays. */
  version?: string;
  /** Only tiles that touch this box; with `version`, what lies outside is confirmed for the new version. */
  bbox?: BBox;
  /** Only these zooms. */
  zooms?: ZoomRange;
  /** Tiles by which the box is widened at each zoom. @default 1 */
  buffer?: number;
  /** `purge`: never shown again; `stale`: validated before use. @default 'purge' */
  mode?: 'purge' | 'stale';
  /** `metadata`: TileJSON, styles and other URLs of the layer without z/x/y. @default 'tiles' (with no range: everything of the layer) */
  scope?: 'tiles' | 'metadata';
  /** Grows with each publication; a lower one than already seen is ignored. */
  revision?: number;
  /** Idempotence key: a repeated id changes nothing and is acked again. */
  id?: string;
}

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
}

export type PageMessage =
  | InvalidateMessage
  | VersionsMessage
  | StatusMessage
  | UsageMessage
  | ClearMessage
  | ViewportMessage
  | RegionsMessage
  | InspectMessage
  | NetworkMessage
  | StopMessage;

/** The answer on the port: only a message that carries the id is an ack. */
export type AckMessage =
  | { type: 'TILE_ACK'; id?: string; ok: true; result: unknown }
  | { type: 'TILE_ACK'; id?: string; ok: false; error: ErrorRecord };

/** Result of an acked invalidation. */
export interface InvalidateResult {
  /** The layer that was invalidated. */
  layer: string;
  /** The layer's version from now on, where one is known. */
  version?: string;
  /** The ledger's counter after this rule. */
  epoch: number;
  /** False for a repeated id or an outdated revision: nothing was changed. */
  applied: boolean;
}

/** Result of an acked `TILE_VERSIONS`. */
export interface VersionsResult {
  changed: Array<{ layer: string; version: string; previous: string | undefined }>;
  /** Layers for which the worker has no room: it knows 1,000 that are in use. */
  refused?: string[];
}

/** Result of `TILE_STATUS`. */
export interface WorkerStatus {
  /** By layer: the version in force, its revision, when it was confirmed (epoch milliseconds), and how many rules are kept. */
  layers: Record<
    string,
    { version: string | undefined; revision: number | undefined; confirmedAt: number | undefined; rules: number }
  >;
  /** The worker thinks that the network is dead and answers from the store where policy allows. */
  offline: boolean;
  /** False: storage is broken, tiles come from the network. */
  storage: boolean;
  /** The worker keeps offline regions. */
  regions?: boolean;
  /** What people let the network be used for; absent for `on`. */
  network?: NetworkMode;
}

/** Result of `TILE_USAGE`. Bytes and tiles as far as the index knows. */
export interface StorageUsage {
  /** Tiles and bytes by layer, and within it by version. */
  layers: Record<string, { tiles: number; bytes: number; versions: Record<string, { tiles: number; bytes: number }> }>;
  /** Offline regions by id, where the worker keeps such: their tiles, and the bytes of their packs. Not part of `layers`. */
  regions?: Record<string, { tiles: number; bytes: number }>;
  /** Bytes used and allowed in the whole origin, where the browser tells. */
  usage: number | undefined;
  /** Bytes that the browser allows the origin; undefined where it does not tell. */
  quota: number | undefined;
  /** True where the browser has promised to keep what is stored; undefined where it does not tell. */
  persisted: boolean | undefined;
}

/** How a tile was answered. `stale`: from the store, not proven fresh. */
export type TileStatus = 'hit' | 'stale' | 'miss' | 'revalidated' | 'error';

/** One answered request, as the worker counted it. */
export interface TileUse {
  /** The layer's name in the worker. */
  layer: string;
  /** Absent for URLs without z/x/y. */
  tile?: TileId;
  /** How the worker answered. */
  status: TileStatus;
  /** Seconds; what the `Age` header said. 0 for `error`. */
  age: number;
  /** The version that there is evidence for. */
  version?: string;
  /** Milliseconds until the answer was ready. */
  duration: number;
  /** Milliseconds that a validation took, where one was made. */
  validation?: number;
  /** Status code of the answer, 0 for a network error. */
  code: number;
  /** Bytes of the body, where they were at hand. */
  bytes?: number;
  /** Seconds of freshness left when it was answered; 0 or less when it was stale. */
  ttl?: number;
  /** This device's clock was set meanwhile: `age` is the least that it can be. */
  ageUnknown?: true;
  /** The origin was asked and failed: the answer is what was stored, or what came in place of a tile. */
  originFailed?: true;
  /** The origin answered another version than the one in force: an edge lags behind what was announced. */
  versionMismatch?: true;
  /** A page's web worker asked, and no platform says whose it is: told to every page that it may be of. */
  guessed?: true;
}

/** One validation that was made behind an answered tile. */
export interface TileValidation {
  /** The layer's name in the worker. */
  layer: string;
  /** Which tile; absent for URLs without z/x/y. */
  tile?: TileId;
  /** How the tile was answered meanwhile. */
  status: TileStatus;
  /** Milliseconds from the request until its outcome was known. */
  duration: number;
  /** A network error, an error status, or a body that is no tile. */
  failed: boolean;
  /** As of a use. */
  guessed?: true;
}

/** A layer's version changed; the page's `versionchange`. To every window of the origin. */
export interface VersionChangedMessage {
  type: 'VERSION_CHANGED';
  layer: string;
  version: string;
  previous: string | undefined;
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

/** What a page asks of offline regions. Acked with what each action is answered. */
export type RegionsMessage = RegionCommand & { type: 'TILE_REGIONS'; id: string };

/** What a page asks of the inspector; changes nothing that is stored. Acked with what each action is answered. */
export type InspectMessage = InspectCommand & { type: 'TILE_INSPECT'; id: string };

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
  RegionMessage | VersionChangedMessage | TilesUpdatedMessage | InvalidatedMessage | TilesUsedMessage | NoticeMessage;
