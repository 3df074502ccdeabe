import { createClientVersions } from './versions/client-versions';
import { withCors } from './http/cors';
import type { Handler } from './http/http';
import { checkOriginOptions } from './origin-options';
import { createPresent } from './publish/present';
import { parsePublication } from './publish/publication';
import { createPublishMetrics } from './publish/publish-metrics';
import { createPublisher } from './publish/publish';
import { createJobs } from './publish/jobs';
import { nameCdns } from './publish/named-purger';
import { statusOf as publishStatus } from './publish/status';
import { createBeaconNews } from './rum/beacon-news';
import { clientStatsOf } from './rum/client-stats';
import { createEgressMetrics } from './rum/egress-metrics';
import { createRumMetrics } from './rum/rum-metrics';
import { layerState } from './versions/state';
import { askHandlers, createServedTiles } from './tiles/served-tiles';
import { createTilePaths } from './tiles/tile-layer';
import { createVersionStream } from './versions/stream-handler';
import { createTileHeaders } from './layers/tile-headers';
import { createMemoryVersionStore } from './versions/version-store';
import { originGauges } from './origin-gauges';
import { createHandlers } from './origin-handlers';
import { createRoute, notFound } from './origin-route';
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

  const jobs = createJobs(publisher.publish, now);
  const status = async (running = jobs.running()) => publishStatus(await state.read(), running);
  const metrics = [...rumMetrics.all, ...published.all, ...egress.all, ...gauges];
  const handlers = createHandlers(options, {
    ...{ paths, present: state.present, stream, jobs, status, rumMetrics, beacons, metrics, now },
  });
  const route = createRoute(paths, handlers);

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
      return egress.count(withCors(options.publish ? served.note(tiles) : tiles, options.cors, 'GET', 'HEAD'));
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

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
