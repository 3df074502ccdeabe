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

/** The paths of the router's handlers. */
export interface OriginPaths {
  /** The path of the manifest. @default '/api/tile-version' */
  versions: string;
  /** The path of the event stream. @default '/api/tile-version/stream' */
  stream: string;
  /** The path of the publish endpoint. @default '/api/publish' */
  publish: string;
  /** The path of the collector. @default '/api/rum' */
  rum: string;
  /** The path of the metrics. @default '/metrics' */
  metrics: string;
  /** The path under which hooks answer: `{hooks}/{name}`. @default '/api/hooks' */
  hooks: string;
}

/** Options of `createTileOrigin`. Every option has a default. */
export interface TileOriginOptions {
  /**
   * The layers by name. The origin also accepts publications of other layers, but only these have presets, URLs at the
   * edge and labels in metrics.
   * @default {}
   */
  layers?: Record<string, OriginLayer>;
  /** The store that keeps the versions. @default in memory: a restart forgets the versions */
  store?: VersionStore;
  /** Options of publishing. @default none: `/api/publish` answers 404 */
  publish?: PublishOptions & {
    /** The bearer token that publications need: printable ASCII without spaces, at least 16 characters. */
    token: string;
    /**
     * Seconds after which the origin answers a publication with 202 and continues it as a job. Edges close silent
     * connections: Varnish, with the configuration in docs/edge, after 15 s.
     * @default 10
     */
    answerWithin?: number;
  };
  /** Signed webhooks by name, at `POST /api/hooks/{name}`. Each delivery becomes a publication. @default {} */
  hooks?: Record<string, HookOptions>;
  /** Options of the manifest. @default {} */
  versions?: VersionsOptions;
  /** Options of the server-sent events. @default {} */
  stream?: StreamOptions;
  /** Options of the collector, which receives the beacons. @default none: `/api/rum` answers 404 */
  rum?: RumCollectorOptions & {
    /** Regions that pages may name in their beacons: metrics get the label `region`. @default [] */
    regions?: readonly string[];
    /**
     * Arms of an experiment that pages may name (`rum.experiment`), at most 10: metrics get the label `experiment`.
     * @default []
     */
    experiments?: readonly string[];
    /**
     * Names of kiosks that report their health (`sw-tile-cache/kiosk`). Each gets its own series in the metrics.
     * @default []
     */
    kiosks?: readonly string[];
    /** Seconds for which a page view still counts as a client after its last beacon. @default 300 */
    clientWindow?: number;
  };
  /** Options of the Prometheus metrics, which `/metrics` answers with. @default {}: without a token */
  metrics?: MetricsOptions;
  /**
   * Lets pages of other origins read tiles, versions and the stream, and publish.
   * @default only pages of the same origin
   */
  cors?: CorsOptions;
  /** Paths that differ from the defaults. @default {} */
  paths?: Partial<OriginPaths>;
  /**
   * Returns the layer of a tile request.
   * @default the segment after `/tiles/`, or `default` if that segment is a zoom, as in `/tiles/3/4/5.png`
   */
  layerOf?: (request: Request) => string | undefined;
  /** The `fetch` that the check at the edge uses. @default globalThis.fetch */
  fetch?: typeof fetch;
  /** Returns the current time in epoch milliseconds. @default Date.now */
  now?: () => number;
  /** Waits for the given number of seconds. @default by setTimeout */
  sleep?: (seconds: number) => Promise<void>;
}

/** The origin companion: its handlers, and a router over them. */
export interface TileOrigin {
  /** Serves the manifest: `GET /api/tile-version`. */
  versions: Handler;
  /** Sends the manifest as server-sent events: `GET /api/tile-version/stream`. */
  stream: Handler;
  /** Accepts publications: `POST /api/publish`. Reports their progress: `GET /api/publish`. */
  publish: Handler;
  /** Collects beacons: `POST /api/rum`. */
  rum: Handler;
  /** Serves the metrics for Prometheus: `GET /metrics`. */
  metrics: Handler;
  /** Accepts signed webhooks: `POST /api/hooks/{name}`. */
  hooks: Handler;
  /** Wraps a tile handler: adds headers with the version, the freshness and the cache tags. */
  tileHeaders(handler: Handler): Handler;
  /** Passes the request to the handler of its path. Returns `undefined` if no handler has the path. */
  route(request: Request, context?: RequestContext): Promise<Response> | undefined;
  /** Passes the request to the handler of its path, as `route` does, but answers 404 if no handler has the path. */
  fetch(request: Request, context?: RequestContext): Promise<Response>;
  /**
   * Publishes from within the process, without a token. Rejects with `INVALID_MESSAGE`, `CONFLICT` or `STORAGE_FAILED`.
   */
  publishNow(publication: Partial<Publication> & { layer: string }): Promise<PublishReport>;
  /**
   * Resolves with the versions in force, the running publications and the outstanding purges. Rejects with
   * `STORAGE_FAILED`.
   */
  status(): Promise<PublishStatus>;
  /** Resolves with the layer's version in force, or with `undefined` if it has none. */
  version(layer: string): Promise<string | undefined>;
  /** Resolves once the origin has read the store. Rejects with `STORAGE_FAILED`. */
  ready(): Promise<void>;
  /** Returns the number of open streams, and counts of dropped and refused clients. */
  streamStats(): StreamStats;
  /** Returns what beacons have reported about layers and versions since this instance started. */
  clientStats(): ClientStats;
  /** Ends the streams and stops listening. It leaves the store open: close it yourself. */
  close(): Promise<void>;
}
