import { TileCacheError } from '../../src/shared/errors';
import { isHealth, parseHealth } from '../../src/shared/health-schema';
import { parseRumBatch } from '../../src/shared/parse-rum';
import { RUM_LIMITS } from '../../src/shared/rum-schema';
import { type AddressOf, networkOf, peerAddress } from '../http/address';
import { isOrigin } from '../http/cors';
import { type Handler, problem, readJson, type RequestContext, statusOf, wrongMethod } from '../http/http';
import { createRateLimit, createSeen } from '../http/rate-limit';
import type { BeaconNews } from './beacon-news';
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

const UNKNOWN = 'unknown';

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
  const { origins = [], rateLimit = { burst: 20, perSecond: 0.5 }, addressOf = peerAddress, maxIds = 20_000 } = options;
  if (origins.some((origin) => !isOrigin(origin))) {
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field: 'rum.origins',
      message: 'rum.origins must be a list of origins.',
      remedy: "Give origins such as 'https://maps.example'.",
    });
  }
  const limit = createRateLimit(rateLimit, now);
  // If the adapter gives no addresses, all clients share one limit, which must suit a whole site.
  const limitAll = createRateLimit({ burst: rateLimit.burst * 1000, perSecond: rateLimit.perSecond * 1000 }, now);
  const seen = createSeen(maxIds);
  // A page without an answer sends its beacon again, and a load balancer may pass it to another instance.
  news?.listen((beacon, later) => {
    seen(beacon.id);
    metrics.elsewhere(beacon, later);
  });

  function take(request: Request, context: RequestContext | undefined): number {
    const address = addressOf(request, context);
    return address === undefined ? limitAll(UNKNOWN) : limit(networkOf(address));
  }

  /** Returns whether the batch was already counted. */
  function takeBatch(data: unknown): boolean {
    const batch = parseRumBatch(data);
    if (seen(batch.id)) return true;
    metrics.add(batch);
    news?.tell({ id: batch.id, of: { session: batch.session }, at: batch.sentAt });
    return false;
  }

  function takeHealth(data: unknown): boolean {
    const report = parseHealth(data);
    if (seen(report.id)) return true;
    metrics.health(report);
    news?.tell({ id: report.id, of: { kiosk: report.name }, at: now() });
    return false;
  }

  async function collect(request: Request): Promise<Response> {
    const type = (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
    if (type !== 'application/json' && type !== 'text/plain') {
      metrics.beacon('refused');
      return problem(415, invalid('Content-Type', 'must be application/json or text/plain'));
    }
    try {
      const data = await readJson(request, RUM_LIMITS.bytes);
      const again = isHealth(data) ? takeHealth(data) : takeBatch(data);
      metrics.beacon(again ? 'repeated' : 'accepted');
      return new Response(null, { status: 204 });
    } catch (error) {
      metrics.beacon('refused');
      return problem(statusOf(error), error);
    }
  }

  return async (request, context) => {
    const cors = corsHeaders(request, origins);
    if (!cors) {
      if (request.method === 'POST') metrics.beacon('foreign');
      return problem(403, foreign(request.headers.get('origin')!, options.origins === undefined));
    }
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { ...cors, ...PREFLIGHT } });
    if (request.method !== 'POST') return wrongMethod('POST');
    const wait = take(request, context);
    if (wait > 0) {
      metrics.beacon('limited');
      return withHeaders(
        problem(
          429,
          { code: 'LIMIT_EXCEEDED', message: 'Too many beacons.', remedy: 'Send them less often.' },
          { 'retry-after': String(Math.ceil(wait)) },
        ),
        cors,
      );
    }
    return withHeaders(await collect(request), cors);
  };
}

const PREFLIGHT = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'content-type, content-encoding',
  'access-control-max-age': '86400',
};

/**
 * Returns the CORS headers that let the page send: none for the same origin, `undefined` for an origin that is not
 * allowed.
 */
function corsHeaders(request: Request, origins: readonly string[]): Record<string, string> | undefined {
  const origin = request.headers.get('origin');
  // A request without `Origin` is not a cross-origin request of a page. `Sec-Fetch-Site` is set by the browser itself.
  if (origin === null || request.headers.get('sec-fetch-site') === 'same-origin') return {};
  if (origins.includes(origin)) return { 'access-control-allow-origin': origin, vary: 'Origin' };
  return origin === new URL(request.url).origin ? {} : undefined;
}

function withHeaders(response: Response, headers: Record<string, string>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

/** Returns the error for a foreign origin. Its remedy is for the reader of the page's console or the origin's log. */
function foreign(origin: string, missing: boolean): TileCacheError {
  return new TileCacheError({
    code: 'INVALID_BEACON',
    field: 'Origin',
    message: `The origin ${isOrigin(origin) ? origin.slice(0, 200) : 'of this page'} may not send beacons here.`,
    remedy: missing
      ? "The origin's option rum.origins is missing: list the origins of your pages in it."
      : "Add it to the origin's option rum.origins, if the page is yours.",
  });
}

function invalid(field: string, why: string): TileCacheError {
  return new TileCacheError({
    code: 'INVALID_BEACON',
    field,
    message: `${field} ${why}.`,
    remedy: `Check ${field}, or allow it in the collector's options.`,
  });
}
