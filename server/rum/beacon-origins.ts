import { TileCacheError } from '../../src/shared/errors';
import { isOrigin } from '../http/cors';

/** Throws `INVALID_OPTION` for a list with anything but origins. */
export function checkOrigins(origins: readonly string[]): void {
  if (origins.every(isOrigin)) return;
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field: 'rum.origins',
    message: 'rum.origins must be a list of origins.',
    remedy: "Give origins such as 'https://maps.example'.",
  });
}

/** The headers that answer a preflight, beside those of `corsOf`. */
export const PREFLIGHT = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'content-type, content-encoding',
  'access-control-max-age': '86400',
};

/**
 * Returns the CORS headers that let the page send: none for the same origin, `undefined` for an origin that is not
 * allowed.
 */
export function corsOf(request: Request, origins: readonly string[]): Record<string, string> | undefined {
  const origin = request.headers.get('origin');
  // A request without `Origin` is not a cross-origin request of a page. `Sec-Fetch-Site` is set by the browser itself.
  if (origin === null || request.headers.get('sec-fetch-site') === 'same-origin') return {};
  if (origins.includes(origin)) return { 'access-control-allow-origin': origin, vary: 'Origin' };
  const own = new URL(request.url).origin;
  // Behind a proxy that ends TLS, the page's own request arrives by plain HTTP.
  return origin === own || origin === own.replace(/^http:/, 'https:') ? {} : undefined;
}

/** Returns the error for a foreign origin. Its remedy is for the reader of the page's console or the origin's log. */
export function foreign(origin: string, missing: boolean): TileCacheError {
  return new TileCacheError({
    code: 'INVALID_BEACON',
    field: 'Origin',
    message: `The origin ${isOrigin(origin) ? origin.slice(0, 200) : 'of this page'} may not send beacons here.`,
    remedy: missing
      ? "The origin's option rum.origins is missing: list the origins of your pages in it."
      : "Add it to the origin's option rum.origins, if the page is yours.",
  });
}

export function invalid(field: string, why: string): TileCacheError {
  return new TileCacheError({
    code: 'INVALID_BEACON',
    field,
    message: `${field} ${why}.`,
    remedy: `Check ${field}, or allow it in the collector's options.`,
  });
}
