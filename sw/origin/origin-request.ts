import type { HttpCacheMode } from '../policy/http-cache-mode';

/** How one request is sent. */
export interface Sending {
  /** Validators, set by hand: the browser hides its own 304s. Only where they cause no preflight. */
  conditional?: Record<string, string> | undefined;
  /** Instead of the page's own mode and credentials. */
  mode?: { mode: RequestMode; credentials: RequestCredentials };
  /** What the HTTP cache beneath may do. */
  cache: HttpCacheMode;
  background: boolean;
  signal: AbortSignal;
}

/** Also what tells us that it is a prefetch: to another host, a header of ours would preflight. */
const OWN_HEADERS = [
  'purpose',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'range',
  'if-match',
  'if-unmodified-since',
] as const;

/**
 * The page's request as it goes to the origin, as a GET: its own conditions, ranges and cache mode stay behind. With
 * conditions of ours no redirect is followed: across origins they would preflight, and fail at most servers. Its integrity
 * is for the browser to check, which does so whoever answers; a 304 has no body that it could hold for.
 */
export function originRequest(request: Request, sending: Sending): Request {
  const { conditional, cache, background, signal } = sending;
  const headers = new Headers(request.headers);
  for (const name of OWN_HEADERS) headers.delete(name);
  for (const [name, value] of Object.entries(conditional ?? {})) headers.set(name, value);
  const { url, referrer, referrerPolicy } = request;
  // An image's own mode drops every header that is set by hand, and follows redirects whether asked to or not.
  const bare = request.mode === 'navigate' || (conditional !== undefined && request.mode === 'no-cors');
  const { mode, credentials } = sending.mode ?? {
    mode: bare ? 'same-origin' : request.mode,
    credentials: request.credentials,
  };
  return new Request(url, {
    headers,
    mode,
    credentials,
    referrer: referrer === 'about:client' ? '' : referrer,
    referrerPolicy,
    redirect: conditional ? 'manual' : 'follow',
    cache,
    ...(background && { priority: 'low' as const }),
    signal,
  });
}
