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
import type { BBox, TileId } from '../shared/tile';

/** Where the versions come from. */
export interface VersionsOptions {
  /** The version endpoint, relative to the page. */
  url: string | URL;
  /** Seconds between two checks, jittered by a tenth. @default 60 */
  interval?: number;
  /** A server-sent event stream of the same manifests; polling is the fall-back. @default undefined */
  stream?: string | URL;
  /**
   * When a manifest's lower revision than the one in force is believed: so many checks in a row say it or count on from it,
   * over so many seconds. A publisher that counts anew would else be ignored for good. `checks: Infinity`: never.
   * @default { checks: 3, seconds: 120 }
   */
  believeAfter?: {
    /** Checks in a row. @default 3 */
    checks?: number;
    /** Seconds from the first of them. @default 120 */
    seconds?: number;
  };
}

/** What is measured of real use, and where it goes. Loaded on demand. */
export interface RumOptions {
  /** Where beacons are sent, relative to the page. Needed unless `send` is given. @default none */
  endpoint?: string | URL;
  /** Share of sessions that report, 0 to 1. @default 1 */
  sample?: number;
  /** Seconds between two beacons. @default 30 */
  interval?: number;
  /** A region label that the operator chose. @default none */
  region?: string;
  /** The arm of an experiment that this page view is in: `swr-off`. @default none */
  experiment?: string;
  /** Takes the batches instead of the endpoint: one's own collector, OpenTelemetry. True when taken. @default none: batches go to the endpoint */
  send?: (batch: RumBatch) => boolean | Promise<boolean>;
}

/** Options of `createTileCacheClient`. */
export interface TileCacheClientOptions {
  /** The worker's script, relative to the page. @default none: somebody else registers it */
  serviceWorker?: string | URL;
  /** Registration options, passed through. @default the browser's own */
  registration?: RegistrationOptions;
  /** The check of the versions. @default none: versions come by messages only */
  versions?: VersionsOptions;
  /** Reports what users saw. @default none */
  rum?: RumOptions;
  /** Seconds after which an unacked message to the worker is given up. @default 30 */
  timeout?: number;
}

/** `active`: a worker answers tile requests; `pending`: it is being installed; `unavailable`: the map works without. */
export type ClientState = 'active' | 'pending' | 'unavailable';

/** The events of a client and what they carry. */
export interface ClientEvents {
  /** A layer has a new version; the first version ever learnt is no change. */
  versionchange: { layer: string; version: string; previous: string | undefined };
  /** These tiles have new bytes. */
  tilesupdated: { layer: string; tiles: TileId[] };
  /** An invalidation was applied; visible tiles in its range should be asked for again. */
  invalidated: Omit<InvalidatedMessage, 'type'>;
  /** Tiles that this page used, in batches. */
  used: { uses: TileUse[]; validations?: TileValidation[] };
  /** `state` changed; `error` says why registering the worker failed. */
  statechange: { state: ClientState; previous: ClientState; error?: unknown };
  /** A new worker script threw, or could not be installed: the old worker goes on. Also in `error`, and on the console. */
  updatefailed: { error: TileCacheError };
  /**
   * The version endpoint answered (`ok`) or not; the last known version stays in force. `checkedAt`: for which instant the
   * answer vouches; one that a cache had kept is as old as its `Age`.
   */
  versioncheck: { ok: true; checkedAt: number } | { ok: false; error: TileCacheError; failures: number };
  /** The version manifest asks something of the page (`client`), and it is about to be done. */
  ordered: ClientOrders;
  /** The worker has something to say. */
  notice: Omit<NoticeMessage, 'type'>;
  /** An offline region has changed or made progress; `removed`: by hand; `lost`: by the browser. */
  region: { region: RegionInfo; removed?: true; lost?: true };
  /** `status()` changed. */
  status: ClientStatus;
}

/** What an interface needs to tell people how current the map is. */
export interface ClientStatus {
  /** Whether a worker answers this page. */
  state: ClientState;
  /** The page or the worker finds the network dead. */
  offline: boolean;
  /** What people let the network be used for (`client.network()`). */
  network?: NetworkMode;
  /** Epoch milliseconds of the last successful version check, less the `Age` of its answer. */
  checkedAt: number | undefined;
  /** Version checks failed in a row. */
  failures: number;
  /** Whether versions are checked: not without `versions`, nor while people have switched the network off. */
  checks?: boolean;
  /** What the operator has to say to people, by the version manifest (`client.message`). */
  message?: string;
  /** What is on the screen, summed up over all layers as `<tile-age>` does, with its default threshold. */
  summary?: ScreenSummary;
  /** What is known of each layer. */
  layers: Record<
    string,
    {
      version: string | undefined;
      /** Tiles used lately by status. */
      counts: { hit: number; stale: number; miss: number; revalidated: number; error: number };
      /** Seconds; of the tiles used lately. */
      oldest: number | undefined;
      median: number | undefined;
      /** New tiles are on their way after a change. */
      updating: boolean;
      /** What is known of each tile on the screen: of those in the view that was told last, else of those used lately. */
      shown?: Array<TileFacts & { tile: TileId }>;
    }
  >;
}

/** The page's side of the tile cache. */
export interface TileCacheClient {
  /** Whether a worker answers this page. */
  readonly state: ClientState;
  /** Why registering the worker, or updating it, failed: a script that is not there, or that throws; `NO_WORKER` where this page can have none. Undefined where it worked: is the page inside of the worker's scope? */
  readonly error: unknown;
  /** The version in force, or `undefined` before one was learnt. */
  version(layer: string): string | undefined;
  /** Subscribes; returns the function that unsubscribes. */
  on<K extends keyof ClientEvents>(event: K, listener: (detail: ClientEvents[K]) => void): () => void;
  /** Purges (or marks stale) in the worker; resolves when that is durable. Rejects with `TileCacheError`. */
  invalidate(invalidation: Invalidation, options?: { signal?: AbortSignal }): Promise<InvalidateResult>;
  /** Forgets stored tiles of a layer, a partition, or all. Works offline. */
  clear(which?: { layer?: string; partition?: string }): Promise<void>;
  /** Asks the version endpoint now. */
  check(): Promise<void>;
  /** What the page knows, at once and without asking the worker. */
  status(): ClientStatus;
  /**
   * Lets tiles be asked for (`on`), only over a connection that is not metered as far as the browser tells (`unmetered`), or not at
   * all (`off`): for all pages, across restarts, until it is called again. Rejects with `TileCacheError`; then nothing changed.
   */
  network(mode: NetworkMode): Promise<void>;
  /** The worker's own view. Rejects with `TileCacheError` when no worker answers. */
  workerStatus(): Promise<WorkerStatus>;
  /** What is stored, and how much room there is. Rejects with `TileCacheError` when no worker answers. */
  usage(): Promise<StorageUsage>;
  /**
   * What is stored for a tile, what would be answered now, and why: in words and as data. Changes nothing and asks no
   * origin. Rejects with `TileCacheError` where the worker has no `inspect: inspector()`, or none answers.
   */
  inspect(what: string | URL | InspectTile, options?: InspectOptions): Promise<TileInspection>;
  /** What is stored, a page at a time: pass the `cursor` of the page before. Rejects as `inspect` does. */
  entries(query?: EntriesQuery): Promise<EntriesPage>;
  /**
   * The last decisions of the worker with their steps. It begins to keep them with the first call and stops a minute after
   * the last one, or at `on: false`. Rejects as `inspect` does.
   */
  trace(query?: TraceQuery): Promise<Trace>;
  /**
   * What `<tile-inspector>` asks besides: `overview` of all layers, `zooms`: stored tiles of a layer by zoom (`{ layer,
   * cursor }`), `simulate`: this page alone offline or slow for half a minute (`{ offline, delay }`, in milliseconds).
   * Rejects as `inspect` does.
   */
  inspector<A extends keyof InspectorAnswers>(action: A, query?: object): Promise<InspectorAnswers[A]>;
  /**
   * Tells the worker where a map looks, so that those tiles come first. Best effort. Where a page has several maps of a
   * layer, `map` tells them apart; `closed`: this one is gone.
   */
  viewport(view: { layer: string; zoom: number; bbox: BBox; map?: string; closed?: true }): void;
  /** Offline regions. Loaded on demand. */
  readonly regions: RegionsApi;
  /** Which tiles would be answered without a network. Rejects with `TileCacheError`. */
  coverage(query: CoverageQuery): Promise<TileCoverage[]>;
  /**
   * Takes over, without a download, what Workbox, leaflet.offline or mapbox-gl have stored of this worker's layers. It may be
   * called again and again: what lies here already stays. Loaded on demand. Rejects with `TileCacheError`: `INVALID_OPTION` for
   * a store that is not there, `UNSUPPORTED_FIELD` where the worker has no `moveIn: moveIn()`, `STORAGE_FAILED`.
   */
  moveIn(what: MoveIn, options?: MoveInOptions): Promise<MoveInResult>;
  /** Removes every listener, timer and port. The worker stays registered. */
  close(): void;
}
