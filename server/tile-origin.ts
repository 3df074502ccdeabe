import { createClientVersions } from './versions/client-versions';
import { type CorsOptions, withCors } from './http/cors';
import { type Handler, problem, type RequestContext, statusOf } from './http/http';
import { createMetricsHandler } from './rum/metrics-handler';
import { checkOriginOptions } from './origin-options';
import { createPresent } from './publish/present';
import { parsePublication } from './publish/publication';
import { createPublishMetrics } from './publish/publish-metrics';
import { createPublisher } from './publish/publish';
import { createJobs } from './publish/jobs';
import { nameCdns } from './publish/named-purger';
import { createPublishHandler } from './publish/publish-handler';
import { statusOf as publishStatus } from './publish/status';
import { createBeaconNews } from './rum/beacon-news';
import { createRumHandler } from './rum/rum-handler';
import { clientStatsOf } from './rum/client-stats';
import { createEgressMetrics } from './rum/egress-metrics';
import { createRumMetrics } from './rum/rum-metrics';
import { layerState } from './versions/state';
import { askHandlers, createServedTiles } from './tiles/served-tiles';
import { createTilePaths } from './tiles/tile-layer';
import { createVersionStream } from './versions/stream-handler';
import { createTileHeaders } from './layers/tile-headers';
import { createVersionsHandler } from './versions/versions-handler';
import { createMemoryVersionStore } from './versions/version-store';
import { createHookHandler } from './hooks/hook-handler';
import { originGauges } from './origin-gauges';
import type { OriginPaths, TileOrigin, TileOriginOptions } from './origin-types';

export type { OriginPaths, TileOrigin, TileOriginOptions } from './origin-types';

const DEFAULT_PATHS: OriginPaths = {
  versions: '/api/tile-version',
  stream: '/api/tile-version/stream',
  publish: '/api/publish',
  rum: '/api/rum',
  metrics: '/metrics',
  hooks: '/api/hooks',
};

/**
 * Creates the origin companion: the handlers, and a router over them. Throws `INVALID_OPTION`, which names the option,
 * for unknown names and invalid values. If the store fails, `ready()` rejects and requests get 503.
 */
export function createTileOrigin(options: TileOriginOptions = {}): TileOrigin {
  checkOriginOptions(options);
  const { layers = {}, store = createMemoryVersionStore(), now = Date.now, sleep = pause } = options;
  const paths = { ...DEFAULT_PATHS, ...options.paths };
  const state = createPresent(store, layers, now, (next) => {
    stream.announce(next);
    publisher.retry.note(next);
    publisher.resume.note(next);
    beacons?.begin();
  });
  const tileHandlers: Handler[] = [];
  const pathOf = createTilePaths(Object.keys(layers));
  const served = createServedTiles(pathOf);
  const egress = createEgressMetrics(Object.keys(layers), options.layerOf ?? ((request) => pathOf(request)?.layer));
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
    servedForms: served.forms,
  });

  const waking = options.publish ? wake(state.present) : undefined;

  const inForce = (layer: string) => layerState(known(), layer)?.version;
  const clients = createClientVersions({ window: options.rum?.clientWindow ?? 300 }, now);
  const beacons = options.rum && store.news ? createBeaconNews(store.news) : undefined;
  const rumMetrics = createRumMetrics(
    {
      layers: Object.keys(layers),
      regions: options.rum?.regions ?? [],
      experiments: options.rum?.experiments ?? [],
      kiosks: options.rum?.kiosks ?? [],
    },
    clients,
    inForce,
    now,
  );
  const gauges = originGauges(layers, stream.stats, known);

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
    rum: options.rum ? createRumHandler(rumMetrics, { ...rumOrigins(cors), ...options.rum }, now, beacons) : missing,
    hooks: createHookHandler({ hooks: options.hooks ?? {}, path: paths.hooks, jobs, now }),
    metrics: settled(
      createMetricsHandler([...rumMetrics.all, ...published.all, ...egress.all, ...gauges], options.metrics ?? {}),
    ),
  };

  /**
   * Reads the versions in force before it answers, because metrics name them. A failing store hides no other metric.
   */
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
    const name =
      exact ?? (['versions', 'publish', 'hooks'] as const).find((each) => pathname.startsWith(`${paths[each]}/`));
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
      return egress.count(withCors(options.publish ? served.note(tiles) : tiles, cors, 'GET', 'HEAD'));
    },
    route,
    fetch: async (request, context) => (await route(request, context)) ?? notFound(),
    publishNow: async (publication) => publisher.publish(parsePublication({ ...publication })),
    status: () => status(),
    version: async (layer) => layerState(await state.present(), layer)?.version,
    ready: async () => void (await state.present()),
    streamStats: stream.stats,
    clientStats: () => clientStatsOf(rumMetrics.all),
    async close() {
      waking?.();
      beacons?.close();
      publisher.retry.close();
      publisher.resume.close();
      stream.close();
      await state.close();
    },
  };
}

/** Pages that may read tiles may also send beacons, unless `rum.origins` says otherwise. */
function rumOrigins(cors: CorsOptions | undefined): { origins?: readonly string[] } {
  return cors && cors.origins !== '*' ? { origins: cors.origins } : {};
}

/** Reads the store shortly after the start, so that purges that an earlier process left unfinished are resumed. */
function wake(present: () => Promise<unknown>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const arm = (wait: number) => {
    timer = setTimeout(() => void present().catch(() => arm(Math.min(60_000, wait * 2))), wait);
    (timer as { unref?(): void }).unref?.();
  };
  arm(1000);
  return () => clearTimeout(timer);
}

/** Answers 503 if the store cannot be read, instead of breaking the connection. */
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
  return problem(404, {
    code: 'INVALID_MESSAGE',
    message: 'There is nothing at this path.',
    remedy: 'Check the path.',
  });
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
