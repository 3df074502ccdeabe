import { withCors } from './http/cors';
import type { Handler } from './http/http';
import { checkOriginOptions } from './origin-options';
import { createPresent } from './publish/present';
import { parsePublication } from './publish/publication';
import { createPublisher } from './publish/publish';
import { createJobs } from './publish/jobs';
import { statusOf as publishStatus } from './publish/status';
import { createBeaconNews } from './rum/beacon-news';
import { clientStatsOf } from './rum/client-stats';
import { layerState } from './versions/state';
import { askHandlers, createServedTiles } from './tiles/served-tiles';
import { createTilePaths } from './tiles/tile-layer';
import { createVersionStream } from './versions/stream-handler';
import { createTileHeaders } from './layers/tile-headers';
import { createMemoryVersionStore } from './versions/version-store';
import { createHandlers } from './origin-handlers';
import { createOriginMetrics } from './origin-metrics';
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
 * for unknown names and invalid values. If the store fails, `ready()` rejects and requests get 503; tiles are
 * served without a version.
 */
export function createTileOrigin(options: TileOriginOptions = {}): TileOrigin {
  checkOriginOptions(options);
  const { layers = {}, store = createMemoryVersionStore(), now = Date.now } = options;
  const paths = { ...DEFAULT_PATHS, ...options.paths };
  const state = createPresent(store, layers, now, (next) => {
    stream.announce(next);
    publisher.retry.note(next);
    publisher.resume.note(next);
    beacons?.begin();
  });
  const known = () => state.last();
  const stream = createVersionStream(state.present, options.stream, Math.random, options.versions?.epoch);
  const pathOf = createTilePaths(Object.keys(layers));
  const served = createServedTiles(pathOf);
  const tileHandlers: Handler[] = [];
  const metrics = createOriginMetrics(options, { known, streamStats: stream.stats, pathOf, now });
  const publisher = createPublisher(options.publish ?? {}, {
    versions: state,
    layers,
    now,
    sleep: options.sleep ?? pause,
    fetch: options.fetch ?? ((...args) => fetch(...args)),
    watch: metrics.published.watch,
    askHandlers: (url) => askHandlers(tileHandlers, url),
    hasHandlers: () => tileHandlers.length > 0,
    servedTiles: served.of,
    servedForms: served.forms,
  });
  const waking = options.publish ? wake(state.present) : undefined;
  const beacons = options.rum && store.news ? createBeaconNews(store.news) : undefined;
  const jobs = createJobs(publisher.publish, now);
  const status = async (running = jobs.running()) => publishStatus(await state.read(), running);
  const handlers = createHandlers(options, {
    ...{ paths, present: state.present, stream, jobs, status, beacons, now },
    ...{ rumMetrics: metrics.rum, metrics: metrics.all },
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
      return metrics.egress.count(withCors(options.publish ? served.note(tiles) : tiles, options.cors, 'GET', 'HEAD'));
    },
    route,
    fetch: async (request, context) => (await route(request, context)) ?? notFound(),
    publishNow: async (publication) => publisher.publish(parsePublication({ ...publication })),
    status: () => status(),
    version: async (layer) => layerState(await state.present(), layer)?.version,
    ready: async () => void (await state.present()),
    streamStats: stream.stats,
    clientStats: () => clientStatsOf(metrics.rum.all),
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
