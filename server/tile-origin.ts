import { createClientVersions } from './versions/client-versions';
import type { CorsOptions } from './http/cors';
import { withCors } from './http/cors';
import type { Handler, RequestContext } from './http/http';
import { problem, statusOf } from './http/http';
import { createGauge } from './rum/metrics';
import type { MetricsOptions } from './rum/metrics-handler';
import { createMetricsHandler } from './rum/metrics-handler';
import { checkOriginOptions } from './origin-options';
import { createPresent } from './publish/present';
import type { Publication } from './publish/publication';
import { parsePublication } from './publish/publication';
import type { PublishOptions, PublishReport } from './publish/publish';
import { createPublishMetrics } from './publish/publish-metrics';
import { createPublisher } from './publish/publish';
import { createJobs } from './publish/jobs';
import { nameCdns } from './publish/debts';
import { createPublishHandler } from './publish/publish-handler';
import type { PublishStatus } from './publish/status';
import { statusOf as publishStatus } from './publish/status';
import type { RumCollectorOptions } from './rum/rum-handler';
import { createRumHandler } from './rum/rum-handler';
import { createRumMetrics } from './rum/rum-metrics';
import { layerState } from './versions/state';
import type { StreamOptions, StreamStats } from './versions/stream-handler';
import { askHandlers, createServedTiles } from './served-tiles';
import { createTilePaths } from './tile-layer';
import { createVersionStream } from './versions/stream-handler';
import type { OriginLayer } from './tile-headers';
import { createTileHeaders } from './tile-headers';
import type { VersionsOptions } from './versions/versions-handler';
import { createVersionsHandler } from './versions/versions-handler';
import type { VersionStore } from './versions/version-store';
import { createMemoryVersionStore } from './versions/version-store';

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
}

/** Options of `createTileOrigin`; all have defaults. */
export interface TileOriginOptions {
  /** The layers by name. Others may be published too; only these have presets, URLs at the edge and labels in metrics. @default {} */
  layers?: Record<string, OriginLayer>;
  /** @default in memory: a restart forgets the versions */
  store?: VersionStore;
  /** Publishing; without it `/api/publish` answers 404. */
  publish?: PublishOptions & {
    /** The bearer token: printable ASCII without spaces, 16 characters at least. */
    token: string;
    /**
     * Seconds after which a publication that is waited for is answered with 202, and goes on as a job: edges end a connection
     * that says nothing, Varnish after 15 s with the shipped configuration. @default 10
     */
    answerWithin?: number;
  };
  versions?: VersionsOptions;
  stream?: StreamOptions;
  /** The collector of what users saw; without it `/api/rum` answers 404. */
  rum?: RumCollectorOptions & {
    /** @default [] */
    regions?: readonly string[];
    /** Seconds for which a page view counts as a client after its last beacon. @default 300 */
    clientWindow?: number;
  };
  metrics?: MetricsOptions;
  /** Pages of other origins that may read tiles, versions and stream, and publish. @default those of the same origin only */
  cors?: CorsOptions;
  paths?: Partial<OriginPaths>;
  /** The layer of a tile request. @default the segment behind `/tiles/`; `default` where a zoom stands there, as in `/tiles/3/4/5.png` */
  layerOf?: (request: Request) => string | undefined;
  /** For the check at the edge. @default globalThis.fetch */
  fetch?: typeof fetch;
  /** Epoch milliseconds. @default Date.now */
  now?: () => number;
  /** Waits so many seconds. @default by setTimeout */
  sleep?: (seconds: number) => Promise<void>;
}

/** The origin companion: handlers one by one, and a router over them. */
export interface TileOrigin {
  versions: Handler;
  stream: Handler;
  publish: Handler;
  rum: Handler;
  metrics: Handler;
  /** Wraps a tile handler: version, freshness and cache tags in headers. */
  tileHeaders(handler: Handler): Handler;
  /** The handlers by path; `undefined` when no path is ours. */
  route(request: Request, context?: RequestContext): Promise<Response> | undefined;
  /** As `route`; 404 when no path is ours. */
  fetch(request: Request, context?: RequestContext): Promise<Response>;
  /** Publishes from within the process, without a token. Rejects with `INVALID_MESSAGE`, `CONFLICT` or `STORAGE_FAILED`. */
  publishNow(publication: Partial<Publication> & { layer: string }): Promise<PublishReport>;
  /** What is in force, what runs, and which purges are outstanding. Rejects with `STORAGE_FAILED`. */
  status(): Promise<PublishStatus>;
  /** The layer's version in force. */
  version(layer: string): Promise<string | undefined>;
  /** Resolves when the store was read; rejects with `STORAGE_FAILED`. */
  ready(): Promise<void>;
  streamStats(): StreamStats;
  /** Ends the streams and stops listening. The store stays open: it belongs to whoever made it. */
  close(): Promise<void>;
}

const DEFAULT_PATHS: OriginPaths = {
  versions: '/api/tile-version',
  stream: '/api/tile-version/stream',
  publish: '/api/publish',
  rum: '/api/rum',
  metrics: '/metrics',
};

/** Puts the origin companion together. Throws `INVALID_OPTION` and names the option, unknown ones too; what the store refuses shows at `ready()` and as 503. */
export function createTileOrigin(options: TileOriginOptions = {}): TileOrigin {
  checkOriginOptions(options);
  const { layers = {}, store = createMemoryVersionStore(), now = Date.now, sleep = pause } = options;
  const paths = { ...DEFAULT_PATHS, ...options.paths };
  const state = createPresent(store, layers, now, (next) => {
    stream.announce(next);
    publisher.retry.note(next);
  });
  const tileHandlers: Handler[] = [];
  const served = createServedTiles(createTilePaths(Object.keys(layers)));
  const stream = createVersionStream(state.present, options.stream, Math.random, options.versions?.epoch);
  const known = () => state.last();
  const edges = nameCdns(options.publish?.purgers ?? []).map(({ cdn }) => cdn);
  const published = createPublishMetrics({ layers: Object.keys(layers), edges }, known);
  const publisher = createPublisher(options.publish ?? {}, {
    versions: state,
    layers,
    now,
    sleep,
    fetch: options.fetch ?? ((...args) => fetch(...args)),
    watch: published.watch,
    askHandlers: (url) => askHandlers(tileHandlers, url),
    hasHandlers: () => tileHandlers.length > 0,
    servedTiles: served.of,
  });

  const waking = options.publish ? wake(state.present) : undefined;

  const inForce = (layer: string) => layerState(known(), layer)?.version;
  const clients = createClientVersions({ window: options.rum?.clientWindow ?? 300 }, now);
  const rumMetrics = createRumMetrics(
    { layers: Object.keys(layers), regions: options.rum?.regions ?? [] },
    clients,
    inForce,
  );
  const gauges = [
    createGauge('tile_stream_clients', 'Clients of the event stream.', () => [
      { labels: {}, value: stream.stats().clients },
    ]),
    createGauge('tile_stream_dropped', 'Slow readers dropped since the start of the instance.', () => [
      { labels: {}, value: stream.stats().dropped },
    ]),
    createGauge(
      'tile_streams_refused_total',
      'Clients that got no stream: no place was left, or their address held too many.',
      () => [
        { labels: { reason: 'full' }, value: stream.stats().refused },
        { labels: { reason: 'address' }, value: stream.stats().limited },
      ],
      'counter',
    ),
    createGauge('tile_layer_info', 'Layers and their presets; always 1.', () =>
      Object.entries(layers).map(([layer, { preset = 'none' }]) => ({ labels: { layer, preset }, value: 1 })),
    ),
    createGauge('tile_layer_revision', 'Revision of the last publication.', () =>
      Object.entries(known().layers).map(([layer, { revision }]) => ({ labels: { layer }, value: revision })),
    ),
  ].map(({ metric }) => metric);

  const { cors } = options;
  const jobs = createJobs(publisher.publish, now);
  const status = async (running = jobs.running()) => publishStatus(await state.read(), running);
  const publish = options.publish;
  const missing: Handler = () => notFound();
  const handlers = {
    versions: withCors(
      guarded(createVersionsHandler(state.present, paths.versions, options.versions)),
      cors,
      'GET',
      'HEAD',
    ),
    stream: withCors(guarded(stream.handler), cors, 'GET'),
    publish: publish
      ? withCors(
          createPublishHandler({
            ...{ jobs, status, now, token: publish.token, path: paths.publish },
            answerWithin: publish.answerWithin ?? 10,
          }),
          cors,
          ...['GET', 'POST'],
        )
      : missing,
    rum: options.rum ? createRumHandler(rumMetrics, { ...rumOrigins(cors), ...options.rum }, now) : missing,
    metrics: settled(createMetricsHandler([...rumMetrics.all, ...published.all, ...gauges], options.metrics ?? {})),
  };

  /** Metrics name the versions in force: they are read first, and a store that fails hides no other metric. */
  function settled(handler: Handler): Handler {
    return async (request, context) => {
      await state.present().catch(() => undefined);
      return handler(request, context);
    };
  }

  function route(request: Request, context?: RequestContext): Promise<Response> | undefined {
    const { pathname } = new URL(request.url);
    const exact = (['stream', 'publish', 'rum', 'metrics', 'versions'] as const).find(
      (name) => pathname === paths[name],
    );
    const name = exact ?? (['versions', 'publish'] as const).find((each) => pathname.startsWith(`${paths[each]}/`));
    return name && Promise.resolve(handlers[name](request, context));
  }

  const labelled = createTileHeaders({
    layers,
    present: state.present,
    ...(options.layerOf && { layerOf: options.layerOf }),
  });

  return {
    ...handlers,
    tileHeaders(handler) {
      const tiles = labelled(handler);
      if (options.publish?.verify) tileHandlers.push(tiles);
      return withCors(options.publish?.verify ? served.note(tiles) : tiles, cors, 'GET', 'HEAD');
    },
    route,
    fetch: async (request, context) => (await route(request, context)) ?? notFound(),
    publishNow: async (publication) => publisher.publish(parsePublication({ ...publication })),
    status: () => status(),
    version: async (layer) => layerState(await state.present(), layer)?.version,
    ready: async () => void (await state.present()),
    streamStats: stream.stats,
    async close() {
      waking?.();
      publisher.retry.close();
      stream.close();
      await state.close();
    },
  };
}

/** Pages that may read tiles send beacons too, unless `rum.origins` says otherwise. */
function rumOrigins(cors: CorsOptions | undefined): { origins?: readonly string[] } {
  return cors && cors.origins !== '*' ? { origins: cors.origins } : {};
}

/** Reads the store soon, without being asked: purges that an earlier process did not finish are to be taken up. */
function wake(present: () => Promise<unknown>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const arm = (wait: number) => {
    timer = setTimeout(() => void present().catch(() => arm(Math.min(60_000, wait * 2))), wait);
    (timer as { unref?(): void }).unref?.();
  };
  arm(1000);
  return () => clearTimeout(timer);
}

/** A store that cannot be read is the origin's trouble, told as 503 and not as a broken connection. */
function guarded(handler: Handler): Handler {
  return async (request, context) => {
    try {
      return await handler(request, context);
    } catch (error) {
      return problem(statusOf(error), error);
    }
  };
}

function notFound(): Response {
  return problem(404, { code: 'INVALID_MESSAGE', message: 'Nothing answers here.', remedy: 'Check the path.' });
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
