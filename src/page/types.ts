import type { TileCacheError } from '../shared/errors';
import type { InvalidateResult, StorageUsage, WorkerStatus } from '../shared/answers';
import type { NetworkMode } from '../shared/page-messages';
import type { Invalidation } from '../shared/invalidation';
import type { TileUse, TileValidation } from '../shared/tile-use';
import type { InvalidatedMessage, NoticeMessage } from '../shared/worker-messages';
import type { ScreenSummary } from '../screen/describe';
import type { TileFacts } from '../screen/tile-facts';
import type { ClientOrders } from '../shared/manifest';
import type { InspectOptions, InspectTile, TileInspection } from '../shared/inspect';
import type { InspectorAnswers } from '../shared/inspect-commands';
import type { EntriesPage, EntriesQuery } from '../shared/inspect-entries';
import type { Trace, TraceQuery } from '../shared/inspect-trace';
import type { RumBatch } from '../shared/rum-schema';
import type { MoveInOptions } from '../move-in/move-in';
import type { MoveIn, MoveInResult } from '../shared/move-in';
import type { RegionsApi } from './region-types';
import type { CoverageQuery, RegionInfo, TileCoverage } from '../shared/regions';
import type { BBox, TileCrs, TileId } from '../shared/tile';

/** Options of the version checks. */
export interface VersionsOptions {
  /** The version endpoint, relative to the page. */
  url: string | URL;
  /** Seconds between two checks, which the client varies at random by a tenth. @default 60 */
  interval?: number;
  /**
   * URL of a stream of server-sent events with the same manifests. The client polls while the stream is down.
   * @default undefined
   */
  stream?: string | URL;
  /**
   * When the client believes a manifest with a lower revision than the one in force: once this many checks in a row, over
   * this many seconds, have returned that revision or higher ones that follow it. Otherwise the client would ignore a
   * publisher that restarts its count for good. `checks: Infinity`: never.
   * @default { checks: 3, seconds: 120 }
   */
  believeAfter?: {
    /** Number of checks in a row. @default 3 */
    checks?: number;
    /** Seconds since the first of these checks. @default 120 */
    seconds?: number;
  };
}

/** Options of the measurement of real use (RUM). The client loads this code on demand. */
export interface RumOptions {
  /** URL that receives the beacons, relative to the page. Required unless you give `send`. @default none */
  endpoint?: string | URL;
  /** Share of page views that report, 0 to 1. @default 1 */
  sample?: number;
  /** Seconds between two beacons. @default 30 */
  interval?: number;
  /** A label for the metrics, such as a country. @default none */
  region?: string;
  /** The arm of an A/B test that this page view belongs to, such as `swr-off`. @default none */
  experiment?: string;
  /**
   * Receives the batches in place of the endpoint, for example for your own collector or OpenTelemetry. Return `true` once
   * you have accepted a batch.
   * @default none: batches go to the endpoint
   */
  send?: (batch: RumBatch) => boolean | Promise<boolean>;
}

/** Options of `createTileCacheClient`. */
export interface TileCacheClientOptions {
  /** URL of the worker's script, relative to the page. @default none: other code registers the worker */
  serviceWorker?: string | URL;
  /** Options that the client passes to `register()`. @default the browser's own */
  registration?: RegistrationOptions;
  /** Where and how often the client checks versions. @default none: the client learns versions from messages only */
  versions?: VersionsOptions;
  /** Measures what users see, and reports it. @default none */
  rum?: RumOptions;
  /** Seconds after which the client gives up on a message that the worker has not acknowledged. @default 30 */
  timeout?: number;
}

/**
 * `active`: a worker answers this page's tile requests. `pending`: a worker is being installed, or does not control this page
 * yet. `unavailable`: there is no worker; the map works without the cache.
 */
export type ClientState = 'active' | 'pending' | 'unavailable';

/** The events of a client and what they carry. */
export interface ClientEvents {
  /** A layer has a new version. Learning the first version does not fire this event. */
  versionchange: { layer: string; version: string; previous: string | undefined };
  /** These tiles have new bytes. */
  tilesupdated: { layer: string; tiles: TileId[] };
  /** The worker has applied an invalidation. The map should request the visible tiles in its range again. */
  invalidated: Omit<InvalidatedMessage, 'type'>;
  /** The worker has answered tile requests of this page (reported in batches), or has validated tiles in the background. */
  used: { uses: TileUse[]; validations?: TileValidation[] };
  /** `client.state` has changed. If registration failed, `error` says why. */
  statechange: { state: ClientState; previous: ClientState; error?: unknown };
  /**
   * A new worker script threw, or the browser could not install it. The old worker continues. The error is also in
   * `client.error` and on the console.
   */
  updatefailed: { error: TileCacheError };
  /**
   * A check of the version endpoint succeeded (`ok: true`) or failed. After a failure, the last known version stays in force.
   * `checkedAt` is the time (milliseconds since 1970) at which the versions were in force: when the request started, less the
   * response's `Age`.
   */
  versioncheck: { ok: true; checkedAt: number } | { ok: false; error: TileCacheError; failures: number };
  /** The version manifest contains an order (`client`), and the page is about to obey it. */
  ordered: ClientOrders;
  /** The worker reports a problem, or the end of one. */
  notice: Omit<NoticeMessage, 'type'>;
  /** An offline region has changed or made progress. `removed`: a page removed it. `lost`: the browser deleted it. */
  region: { region: RegionInfo; removed?: true; lost?: true };
  /** The result of `client.status()` has changed. */
  status: ClientStatus;
}

/** The state that a user interface needs to show how current the map is. */
export interface ClientStatus {
  /** Whether a worker answers this page. */
  state: ClientState;
  /** The page or the worker finds the network dead. */
  offline: boolean;
  /** The mode that `client.network()` has set. */
  network?: NetworkMode;
  /** Epoch milliseconds of the last successful version check, less the `Age` of its answer. */
  checkedAt: number | undefined;
  /** How many version checks have failed since the last successful one. */
  failures: number;
  /** Whether the client checks versions. `false` without `versions`, and while the network is switched off. */
  checks?: boolean;
  /** The operator's message to users, from the version manifest (`client.message`). */
  message?: string;
  /** The state of everything on the screen, over all layers, as `<tile-age>` shows it with its default threshold. */
  summary?: ScreenSummary;
  /** The state of each layer, by name. */
  layers: Record<
    string,
    {
      version: string | undefined;
      /** How the worker answered the last 128 tiles, by status. */
      counts: { hit: number; stale: number; miss: number; revalidated: number; error: number };
      /** Age in seconds of the oldest of the tiles used recently. */
      oldest: number | undefined;
      median: number | undefined;
      /** New tiles are on their way after a change. */
      updating: boolean;
      /** Facts about each tile on the screen: the tiles in the last reported view or, without one, the tiles used recently. */
      shown?: Array<TileFacts & { tile: TileId }>;
    }
  >;
}

/** The page's side of the tile cache. */
export interface TileCacheClient {
  /** Whether a worker answers this page. */
  readonly state: ClientState;
  /**
   * The reason why the browser could not register or update the worker: the script is missing or throws, or this page
   * cannot have a worker (`NO_WORKER`). `undefined` if registration succeeded; if `state` is `unavailable` nevertheless,
   * the page is probably outside of the worker's scope.
   */
  readonly error: unknown;
  /** Returns the layer's version in force, or `undefined` while the client knows none. */
  version(layer: string): string | undefined;
  /** Subscribes to an event. Returns a function that unsubscribes. */
  on<K extends keyof ClientEvents>(event: K, listener: (detail: ClientEvents[K]) => void): () => void;
  /**
   * Purges stored tiles, or marks them stale. Resolves once the worker has stored this durably. Rejects with
   * `TileCacheError`.
   */
  invalidate(invalidation: Invalidation, options?: { signal?: AbortSignal }): Promise<InvalidateResult>;
  /** Deletes the stored tiles of a layer, of a partition, or all. Works offline. Rejects with `TileCacheError`. */
  clear(which?: { layer?: string; partition?: string }): Promise<void>;
  /** Checks the version endpoint now. Never rejects: the event `versioncheck` reports the outcome. */
  check(): Promise<void>;
  /** Returns what the page knows, without asking the worker. */
  status(): ClientStatus;
  /**
   * Sets when the worker may use the network: `on`: always; `unmetered`: only over a connection that the browser does not
   * report as metered; `off`: never. The setting applies to all pages of the scope and survives restarts, until the next
   * call. Rejects with `TileCacheError`, and then nothing has changed.
   */
  network(mode: NetworkMode): Promise<void>;
  /** Requests the worker's status. Rejects with `TileCacheError` if no worker answers. */
  workerStatus(): Promise<WorkerStatus>;
  /**
   * Returns the tiles and bytes that the worker stores, and how much storage is left. Rejects with `TileCacheError` if
   * no worker answers.
   */
  usage(): Promise<StorageUsage>;
  /**
   * Returns what the worker stores for a tile, what it would answer now, and why, in sentences and as data. Changes nothing
   * and sends no request to an origin. Rejects with `TileCacheError` if the worker has no `inspect: inspector()`, or if no
   * worker answers.
   */
  inspect(what: string | URL | InspectTile, options?: InspectOptions): Promise<TileInspection>;
  /** Lists stored tiles, a page at a time: pass the `cursor` of the previous page. Rejects as `inspect` does. */
  entries(query?: EntriesQuery): Promise<EntriesPage>;
  /**
   * Returns the worker's last decisions with their steps. The worker starts to record them with the first call, and stops a
   * minute after the last call, or with `on: false`. Rejects as `inspect` does.
   */
  trace(query?: TraceQuery): Promise<Trace>;
  /**
   * Further commands of `<tile-inspector>`. `overview`: the state of all layers. `zooms`: stored tiles of a layer by
   * zoom (`{ layer, cursor }`). `simulate`: makes this page offline or slow for half a minute (`{ offline, delay }`, in
   * milliseconds). Rejects as `inspect` does.
   */
  inspector<A extends keyof InspectorAnswers>(action: A, query?: object): Promise<InspectorAnswers[A]>;
  /**
   * Reports to the worker what a map shows, so that the worker fetches those tiles first. The worker sends no
   * acknowledgement. If a page shows a layer on several maps, `map` identifies each one. `closed: true`: this map is gone.
   * `crs`: the grid of the map, if it is not Web Mercator; `status()` then takes the tiles that the page used recently for
   * those on the screen.
   */
  viewport(view: { layer: string; zoom: number; bbox: BBox; map?: string; closed?: true; crs?: TileCrs }): void;
  /** Offline regions. The client loads this code on demand. */
  readonly regions: RegionsApi;
  /** Returns which tiles the worker could answer without a network. Rejects with `TileCacheError`. */
  coverage(query: CoverageQuery): Promise<TileCoverage[]>;
  /**
   * Takes over, without a download, the tiles of this worker's layers that Workbox, leaflet.offline or mapbox-gl have stored.
   * You may call it repeatedly: it keeps tiles that the worker already has. The client loads this code on demand. Rejects
   * with `TileCacheError`: `INVALID_OPTION` if there is no such store, `UNSUPPORTED_FIELD` if the worker has no `moveIn:
   * moveIn()`, `STORAGE_FAILED`.
   */
  moveIn(what: MoveIn, options?: MoveInOptions): Promise<MoveInResult>;
  /** Removes every listener, timer and port. The worker stays registered. */
  close(): void;
}
