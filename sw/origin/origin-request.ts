import type { HttpCacheMode } from '../policy/http-cache-mode';

/** Options for sending one request. */
export interface Sending {
  /** Validators, set by hand because the browser hides its own 304s. Sent only where they cause no preflight. */
  conditional?: Record<string, string> | undefined;
  /** Replaces the page's own mode and credentials. */
  mode?: { mode: RequestMode; credentials: RequestCredentials };
  /** The mode of the HTTP cache beneath. */
  cache: HttpCacheMode;
  background: boolean;
  signal: AbortSignal;
}

/**
 * Headers of the page's request that the origin does not get: its conditions and ranges, and the mark of a prefetch,
 * which would cause a preflight at another host.
 */
const DROPPED = [
  'purpose',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'range',
  'if-match',
  'if-unmodified-since',
] as const;

/**
 * Turns the page's request into the GET for the origin, without the page's conditions, ranges and cache mode. With
 * conditions of ours the browser follows no redirect: across origins they would cause a preflight, which most servers
 * fail. The browser checks the request's integrity itself, whoever answers; a 304 has no body to check.
 */
export function originRequest(request: Request, sending: Sending): Request {
  const { conditional, cache, background, signal } = sending;
  const headers = new Headers(request.headers);
  for (const name of DROPPED) headers.delete(name);
  for (const [name, value] of Object.entries(conditional ?? {})) headers.set(name, value);
  const { url, referrer, referrerPolicy } = request;
  // The mode of an image's request drops every header that is set by hand, and follows redirects in any case.
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
