import { type CorsOptions, withCors } from './http/cors';
import { type Handler, problem, statusOf } from './http/http';
import { createHookHandler } from './hooks/hook-handler';
import { notFound, type OriginHandlers } from './origin-route';
import type { OriginPaths, TileOriginOptions } from './origin-types';
import type { Jobs } from './publish/jobs';
import type { Present } from './publish/present';
import { createPublishHandler, type PublishHandlerParts } from './publish/publish-handler';
import type { BeaconNews } from './rum/beacon-news';
import { createMetricsHandler } from './rum/metrics-handler';
import { createRumHandler } from './rum/rum-handler';
import type { RumMetrics } from './rum/rum-metrics';
import type { VersionStream } from './versions/stream-handler';
import { createVersionsHandler } from './versions/versions-handler';

/** The parts of the origin that its handlers need. */
export interface HandlerParts {
  paths: OriginPaths;
  present: Present['present'];
  stream: VersionStream;
  jobs: Jobs;
  status: PublishHandlerParts['status'];
  rumMetrics: RumMetrics;
  beacons: BeaconNews | undefined;
  metrics: Parameters<typeof createMetricsHandler>[0];
  now: () => number;
}

/** Creates the origin's handlers. What the options leave out answers 404. */
export function createHandlers(options: TileOriginOptions, parts: HandlerParts): OriginHandlers {
  const { cors, publish, rum, hooks = {}, metrics = {} } = options;
  const { paths, present, stream, jobs, status, now } = parts;
  const versions = createVersionsHandler(present, paths.versions, options.versions);
  const missing: Handler = () => notFound();
  return {
    versions: withCors(guarded(versions), cors, 'GET', 'HEAD'),
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
    rum: rum ? createRumHandler(parts.rumMetrics, { ...rumOrigins(cors), ...rum }, now, parts.beacons) : missing,
    hooks: createHookHandler({ hooks, path: paths.hooks, jobs, now }),
    metrics: settled(createMetricsHandler(parts.metrics, metrics), present),
  };
}

/** Reads the versions in force before it answers, because metrics name them. A failing store hides no other metric. */
function settled(handler: Handler, present: Present['present']): Handler {
  return async (request, context) => {
    await present().catch(() => undefined);
    return handler(request, context);
  };
}

/** Pages that may read tiles may also send beacons, unless `rum.origins` says otherwise. */
function rumOrigins(cors: CorsOptions | undefined): { origins?: readonly string[] } {
  return cors && cors.origins !== '*' ? { origins: cors.origins } : {};
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
