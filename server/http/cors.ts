import { refuse, type Read } from '../../src/shared/validate';
import type { Handler } from './http';

/**
 * Options of CORS: which pages of other origins may read tiles, versions and the stream, and publish with the token.
 */
export interface CorsOptions {
  /**
   * Origins of pages: `'*'` allows every page, which is right for public tiles; or a list such as
   * `['https://maps.example']`.
   */
  origins: '*' | readonly string[];
  /** Seconds for which browsers cache a preflight response. @default 86400 */
  maxAge?: number;
}

/** Response headers that pages of other origins may read. */
const EXPOSED =
  'Age, Cache-Status, Content-Length, Content-Location, Date, ETag, Location, Retry-After, Server-Timing, Vary, X-Tile-Version';
/** Request headers that pages may send. */
const ALLOWED =
  'Accept, Authorization, Cache-Control, Content-Encoding, Content-Type, Idempotency-Key, If-Modified-Since, If-None-Match, Last-Event-ID, Pragma, Prefer, Range';

/** Returns whether the value is an origin as browsers write it into `Origin`: `https://maps.example`. */
export function isOrigin(value: unknown): value is string {
  try {
    return typeof value === 'string' && new URL(value).origin === value;
  } catch {
    return false;
  }
}

/** Reads the option `cors.origins`. */
export const readCorsOrigins: Read<CorsOptions['origins']> = (value, field, code) => {
  if (value === '*') return '*';
  const sound = Array.isArray(value) && value.length > 0 && value.length <= 1000 && value.every(isOrigin);
  return sound
    ? (value as string[])
    : refuse(code, field, "'*' or a list of origins", "Give origins such as ['https://maps.example'], without a path.");
};

/**
 * Wraps a handler: answers preflights, and adds the headers of CORS and Resource Timing to every response, including
 * errors.
 */
export function withCors(handler: Handler, options: CorsOptions | undefined, ...methods: string[]): Handler {
  if (!options) return handler;
  const { origins, maxAge = 86_400 } = options;

  return async (request, context) => {
    const allowed = allowedOrigin(request, origins);
    const isPreflight = request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
    const response = isPreflight ? new Response(null, { status: 204 }) : await handler(request, context);
    const headers = new Headers(response.headers);
    // With a list of origins, the response depends on `Origin`. Tell caches so, even if this request has none.
    if (origins !== '*') addVary(headers, 'Origin');
    if (allowed !== undefined) {
      headers.set('access-control-allow-origin', allowed);
      if (isPreflight) {
        headers.set('access-control-allow-methods', methods.join(', '));
        headers.set('access-control-allow-headers', ALLOWED);
        headers.set('access-control-max-age', String(maxAge));
      } else {
        headers.set('access-control-expose-headers', EXPOSED);
        headers.set('timing-allow-origin', allowed);
      }
    }
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  };
}

function allowedOrigin(request: Request, origins: CorsOptions['origins']): string | undefined {
  if (origins === '*') return '*';
  const origin = request.headers.get('origin');
  return origin !== null && origins.includes(origin) ? origin : undefined;
}

function addVary(headers: Headers, name: string): void {
  const fields = (headers.get('vary') ?? '')
    .split(',')
    .map((field) => field.trim())
    .filter(Boolean);
  if (fields.includes('*') || fields.some((field) => field.toLowerCase() === name.toLowerCase())) return;
  headers.set('vary', [...fields, name].join(', '));
}
