import { TileCacheError } from '../../src/shared/errors';
import { checkSecret } from '../http/check-secret';
import { bearerIs, type Handler, problem, unauthorized, wrongMethod } from '../http/http';
import type { Metric, MetricsRegistry } from './metrics';

/** Options of the metrics: their registry, and who may read them. */
export interface MetricsOptions {
  /**
   * A registry of prom-client, to export these metrics together with others.
   * @default a new one, for which prom-client is imported
   */
  registry?: MetricsRegistry;
  /** A bearer token that requests must send. @default none: everybody may read the metrics */
  token?: string;
}

/**
 * Handles `GET /metrics`, in the Prometheus text format. Throws `INVALID_OPTION` for a token that no header can carry.
 */
export function createMetricsHandler(metrics: readonly Metric[], { registry, token }: MetricsOptions): Handler {
  checkSecret(token, 'metrics.token');
  let ready: Promise<MetricsRegistry> | undefined = registry && Promise.resolve(register(registry, metrics));
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET', 'HEAD');
    if (token !== undefined && !(await bearerIs(request, token))) return unauthorized();
    try {
      // If loading failed, load again with the next request. Keep a loaded registry even if one of its collectors
      // failed.
      ready ??= load()
        .then((fresh) => register(fresh, metrics))
        .catch((error: unknown) => {
          ready = undefined;
          throw error;
        });
      const registered = await ready;
      return new Response(await registered.metrics(), {
        headers: { 'content-type': registered.contentType, 'cache-control': 'no-store' },
      });
    } catch (error) {
      return problem(500, error);
    }
  };
}

function register(registry: MetricsRegistry, metrics: readonly Metric[]): MetricsRegistry {
  // A copy: a registry of the OpenMetrics format renames what it holds.
  for (const metric of metrics) registry.registerMetric({ ...metric } as never);
  return registry;
}

/** Loads prom-client on first use, so that an edge runtime without it can use everything else. */
async function load(): Promise<MetricsRegistry> {
  try {
    const { Registry } = await import('prom-client');
    return new Registry();
  } catch (cause) {
    throw new TileCacheError(
      {
        code: 'INVALID_OPTION',
        field: 'metrics.registry',
        message: 'prom-client is not installed.',
        remedy: 'npm install prom-client, or pass metrics.registry.',
      },
      { cause },
    );
  }
}
