import { isHealth } from '../../src/shared/health-schema';
import { RUM_LIMITS } from '../../src/shared/rum-schema';
import { type AddressOf, networkOf, peerAddress } from '../http/address';
import { type Handler, problem, readJson, type RequestContext, statusOf, wrongMethod } from '../http/http';
import { createRateLimit } from '../http/rate-limit';
import { createBeaconCount } from './beacon-count';
import type { BeaconNews } from './beacon-news';
import { checkOrigins, corsOf, foreign, invalid, PREFLIGHT } from './beacon-origins';
import type { RumMetrics } from './rum-metrics';

/** Options of the collector. */
export interface RumCollectorOptions {
  /** Origins of other pages that may send beacons: `https://maps.example`. The wildcard `*` is refused. @default [] */
  origins?: readonly string[];
  /**
   * Beacons that an address (for IPv6, a /64) may send: `burst` at once, and `perSecond` in the long run.
   * @default { burst: 20, perSecond: 0.5 }
   */
  rateLimit?: { burst: number; perSecond: number };
  /** Returns the client's address. Behind proxies use `forwardedAddress`. @default the peer's address */
  addressOf?: AddressOf;
  /** Batch ids that are remembered, to count a repeated batch once. @default 20000 */
  maxIds?: number;
}

/**
 * Handles `POST /api/rum`: takes a beacon as `application/json` or `text/plain` (which needs no preflight), optionally
 * with gzip. Answers 204 if it counted the beacon now or before, 400 with the name of the wrong field, 403 for a page
 * of another origin, 413, 415 or 429.
 */
export function createRumHandler(
  metrics: RumMetrics,
  options: RumCollectorOptions,
  now: () => number,
  news?: BeaconNews,
): Handler {
  const { origins = [], maxIds = 20_000 } = options;
  checkOrigins(origins);
  const waitOf = createLimit(options, now);
  const collect = createCollector(metrics, createBeaconCount({ metrics, maxIds, now, news }));

  return async (request, context) => {
    const cors = corsOf(request, origins);
    if (!cors) {
      if (request.method === 'POST') metrics.beacon('foreign');
      return problem(403, foreign(request.headers.get('origin')!, options.origins === undefined));
    }
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { ...cors, ...PREFLIGHT } });
    if (request.method !== 'POST') return wrongMethod('POST');
    const wait = waitOf(request, context);
    if (wait > 0) metrics.beacon('limited');
    return withHeaders(wait > 0 ? tooMany(wait) : await collect(request), cors);
  };
}

/** Creates a function that returns the seconds until the request's address may send its next beacon. */
function createLimit(
  { rateLimit = { burst: 20, perSecond: 0.5 }, addressOf = peerAddress }: RumCollectorOptions,
  now: () => number,
) {
  const limit = createRateLimit(rateLimit, now);
  // If the adapter gives no addresses, all clients share one limit, which must suit a whole site.
  const limitAll = createRateLimit({ burst: rateLimit.burst * 1000, perSecond: rateLimit.perSecond * 1000 }, now);
  return (request: Request, context: RequestContext | undefined): number => {
    const address = addressOf(request, context);
    return address === undefined ? limitAll('unknown') : limit(networkOf(address));
  };
}

/** Creates a function that reads a beacon, counts it once, and answers. */
function createCollector(metrics: RumMetrics, count: ReturnType<typeof createBeaconCount>) {
  return async (request: Request): Promise<Response> => {
    const type = (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
    if (type !== 'application/json' && type !== 'text/plain') {
      metrics.beacon('refused');
      return problem(415, invalid('Content-Type', 'must be application/json or text/plain'));
    }
    try {
      const data = await readJson(request, RUM_LIMITS.bytes);
      const isNew = isHealth(data) ? count.health(data) : count.batch(data);
      metrics.beacon(isNew ? 'accepted' : 'repeated');
      return new Response(null, { status: 204 });
    } catch (error) {
      metrics.beacon('refused');
      return problem(statusOf(error), error);
    }
  };
}

function tooMany(wait: number): Response {
  return problem(
    429,
    { code: 'LIMIT_EXCEEDED', message: 'Too many beacons.', remedy: 'Send them less often.' },
    { 'retry-after': String(Math.ceil(wait)) },
  );
}

function withHeaders(response: Response, headers: Record<string, string>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}
