import { parseCacheControl } from './cache-control';

/** A request's cache directives. Durations in seconds. */
export interface RequestPolicy {
  method: string;
  /** Neither read nor write the store: `cache: 'no-store'`, If-Match, If-Unmodified-Since. */
  bypass: boolean;
  /** Do not store the response. A response that is already stored may answer (RFC 9111 section 5.2.1.5). */
  noStore: boolean;
  /** Do not use the stored response, not even for validation: `cache: 'reload'`. */
  reload: boolean;
  /** Validate before use: no-cache, max-age=0, `cache: 'no-cache'`. */
  noCache: boolean;
  /** Answer from the store or not at all. */
  onlyIfCached: boolean;
  maxAge: number | undefined;
  minFresh: number | undefined;
  /** `Infinity`: any staleness. */
  maxStale: number | undefined;
  /** RFC 5861 section 4 allows it in a request too. */
  staleIfError: number | undefined;
  range: string | null;
  ifRange: string | null;
  ifNoneMatch: string | null;
  ifModifiedSince: string | null;
}

/** Reads the request's directives (RFC 9111 sections 5.2.1 and 5.4) and its `cache` mode (Fetch standard). */
export function requestPolicy(request: Pick<Request, 'method' | 'headers' | 'cache'>): RequestPolicy {
  const { method, headers, cache: mode } = request;
  const field = headers.get('cache-control');
  const control = parseCacheControl(field);
  const ifNoneMatch = headers.get('if-none-match');
  const ifModifiedSince = headers.get('if-modified-since');
  // Browsers change the mode of a request with its own preconditions to 'no-cache', which the page did not ask for.
  const modeNoCache =
    mode === 'no-cache' && ifNoneMatch === null && ifModifiedSince === null && !headers.has('if-range');
  return {
    method,
    // Only the origin may evaluate these preconditions (section 4.3.2).
    bypass: mode === 'no-store' || headers.has('if-match') || headers.has('if-unmodified-since'),
    noStore: control.noStore === true || mode === 'no-store',
    reload: mode === 'reload',
    noCache:
      modeNoCache ||
      control.noCache !== undefined ||
      // Every browser's reload sends max-age=0 ("prefers an age of at most 0") and means no-cache.
      control.maxAge === 0 ||
      (field === null && /(^|[\s,])no-cache([\s,]|$)/i.test(headers.get('pragma') ?? '')),
    onlyIfCached: control.onlyIfCached === true || mode === 'only-if-cached',
    maxAge: control.maxAge,
    minFresh: control.minFresh,
    maxStale: mode === 'force-cache' || mode === 'only-if-cached' ? Infinity : control.maxStale,
    staleIfError: control.staleIfError,
    // Range has no meaning for other methods (RFC 9110 section 14.2).
    range: method === 'GET' ? headers.get('range') : null,
    ifRange: headers.get('if-range'),
    ifNoneMatch,
    ifModifiedSince,
  };
}
