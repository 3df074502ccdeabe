import { parseCacheControl } from './cache-control';

/** What a request asks of the cache. Durations in seconds. */
export interface RequestPolicy {
  method: string;
  /** Neither read the store nor write it: `cache: 'no-store'`, If-Match, If-Unmodified-Since. */
  bypass: boolean;
  /** Do not store the response; what is stored already may answer (RFC 9111 section 5.2.1.5). */
  noStore: boolean;
  /** Do not use what is stored, not even to validate it: `cache: 'reload'`. */
  reload: boolean;
  /** Validate before use: no-cache, max-age=0, `cache: 'no-cache'`. */
  noCache: boolean;
  /** Answer from the store or not at all. */
  onlyIfCached: boolean;
  maxAge: number | undefined;
  minFresh: number | undefined;
  /** `Infinity`: however stale. */
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
  // Browsers turn a request with preconditions of its own into 'no-cache': the page asked for no such thing.
  const modeNoCache =
    mode === 'no-cache' && ifNoneMatch === null && ifModifiedSince === null && !headers.has('if-range');
  return {
    method,
    // Preconditions that only the origin may evaluate are left to it (section 4.3.2).
    bypass: mode === 'no-store' || headers.has('if-match') || headers.has('if-unmodified-since'),
    noStore: control.noStore === true || mode === 'no-store',
    reload: mode === 'reload',
    noCache:
      modeNoCache ||
      control.noCache !== undefined ||
      // "Prefers an age of at most 0" is what every browser's reload says, and means.
      control.maxAge === 0 ||
      (field === null && /(^|[\s,])no-cache([\s,]|$)/i.test(headers.get('pragma') ?? '')),
    onlyIfCached: control.onlyIfCached === true || mode === 'only-if-cached',
    maxAge: control.maxAge,
    minFresh: control.minFresh,
    maxStale: mode === 'force-cache' || mode === 'only-if-cached' ? Infinity : control.maxStale,
    staleIfError: control.staleIfError,
    // Ignored with any other method (RFC 9110 section 14.2).
    range: method === 'GET' ? headers.get('range') : null,
    ifRange: headers.get('if-range'),
    ifNoneMatch,
    ifModifiedSince,
  };
}
