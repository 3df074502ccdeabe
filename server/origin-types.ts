import type { CorsOptions } from './http/cors';
import type { Handler, RequestContext } from './http/http';
import type { HookOptions } from './hooks/hook-handler';
import type { Publication } from './publish/publication';
import type { PublishOptions, PublishReport } from './publish/publish';
import type { PublishStatus } from './publish/status';
import type { ClientStats } from './rum/client-stats';
import type { MetricsOptions } from './rum/metrics-handler';
import type { RumCollectorOptions } from './rum/rum-handler';
import type { OriginLayer } from './layers/origin-layer';
import type { StreamOptions, StreamStats } from './versions/stream-handler';
import type { VersionStore } from './versions/version-store';
import type { VersionsOptions } from './versions/versions-handler';

/** Where each handler of the router answers. */
export interface OriginPaths {
  /** @default '/api/tile-version' */
  versions: string;
  /** @default '/api/tile-version/stream' */
  stream: string;
  /** @default '/api/publish' */
  publish: string;
  /** @default '/api/rum' */
  rum: string;
  /** @default '/metrics' */
  metrics: string;
  /** Above the names of hooks. @default '/api/hooks' */
  hooks: string;
}

/** Options of `createTileOrigin`; all have defaults. */
export interface TileOriginOptions {
  /**
   * The layers by name. You can publish other layers, too; only these have presets, URLs at the edge and labels in metrics.
   * @default {}
   */
  layers?: Record<string, OriginLayer>;
  /** @default in memory: a restart forgets the versions */
  store?: VersionStore;
  /** Publishing. @default none: `/api/publish` answers 404 */
  publish?: PublishOptions & {
    /** The bearer token: printable ASCII without spaces, 16 characters at least. */
    token: string;
    /**
     * Seconds after which the origin answers a publication with 202 and continues it as a job. Edges close a silent
     * connection, Varnish after 15 s with the shipped configuration.
     * @default 10
     */
    answerWithin?: number;
  };
  /** Signed webhooks by name, at `POST /api/hooks/{name}`: each becomes a publication. @default {} */
  hooks?: Record<string, HookOptions>;
  /** The manifest's headers. @default {} */
  versions?: VersionsOptions;
  /** Server-sent events. @default {} */
  stream?: StreamOptions;
  /** The collector, which receives the beacons. @default none: `/api/rum` answers 404 */
  rum?: RumCollectorOptions & {
    /** @default [] */
    regions?: readonly string[];
    /** Arms of an experiment that pages may name (`rum.experiment`): metrics get the label `experiment`; 10 at most. @default [] */
    experiments?: readonly string[];
    /** Names of kiosks that report their health (`sw-tile-cache/kiosk`): each has series of its own. @default [] */
    kiosks?: readonly string[];
    /** Seconds for which a page view counts as a client after its last beacon. @default 300 */
    clientWindow?: number;
  };
  /** The metrics of Prometheus. @default none: `/metrics` answers 404 */
  metrics?: MetricsOptions;
  /** Pages of other origins that may read tiles, versions and stream, and publish. @default those of the same origin only */
  cors?: CorsOptions;
  /** Other paths than the usual ones. @default {} */
  paths?: Partial<OriginPaths>;
  /** The layer of a tile request. @default the segment behind `/tiles/`; `default` where a zoom stands there, as in `/tiles/3/4/5.png` */
  layerOf?: (request: Request) => string | undefined;
  /** For the check at the edge. @default globalThis.fetch */
  fetch?: typeof fetch;
  /** Epoch milliseconds. @default Date.now */
  now?: () => number;
  /** Waits for this many seconds. @default by setTimeout */
  sleep?: (seconds: number) => Promise<void>;
}

/** The origin companion: handlers one by one, and a router over them. */
export interface TileOrigin {
  /** The manifest: `GET /api/tile-version`. */
  versions: Handler;
  /** Server-sent events of the manifest. */
  stream: Handler;
  /** Takes publications: `POST /api/publish`. */
  publish: Handler;
  /** Collects beacons: `POST /api/rum`. */
  rum: Handler;
  /** Metrics for Prometheus: `GET /metrics`. */
  metrics: Handler;
  /** Takes signed webhooks: `POST /api/hooks/{name}`. */
  hooks: Handler;
  /** Wraps a tile handler: version, freshness and cache tags in headers. */
  tileHeaders(handler: Handler): Handler;
  /** Passes the request to the handler of its path. Returns `undefined` if no handler has the path. */
  route(request: Request, context?: RequestContext): Promise<Response> | undefined;
  /** As `route`, but answers 404 if no handler has the path. */
  fetch(request: Request, context?: RequestContext): Promise<Response>;
  /** Publishes from within the process, without a token. Rejects with `INVALID_MESSAGE`, `CONFLICT` or `STORAGE_FAILED`. */
  publishNow(publication: Partial<Publication> & { layer: string }): Promise<PublishReport>;
  /** The versions in force, the running publications, and the outstanding purges. Rejects with `STORAGE_FAILED`. */
  status(): Promise<PublishStatus>;
  /** The layer's version in force. */
  version(layer: string): Promise<string | undefined>;
  /** Resolves when the store was read; rejects with `STORAGE_FAILED`. */
  ready(): Promise<void>;
  /** How many streams are open, and what they were sent. */
  streamStats(): StreamStats;
  /** What beacons have reported about layers and versions since this instance started. */
  clientStats(): ClientStats;
  /** Ends the streams and stops listening. The store stays open: close it yourself. */
  close(): Promise<void>;
}
