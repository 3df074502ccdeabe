import type { ResolvedLayer } from '../../../src/shared/layer-options';
import { decide, type Decision, type DecisionInput } from '../../../sw/policy/decide';
import { requestPolicy, type RequestPolicy } from '../../../sw/http/request-directives';
import type { StoredResponse } from '../../../sw/http/stored-response';

/** A whole second, so that dates in headers are exact. */
export const T0 = Date.UTC(2026, 4, 4, 12, 0, 0);

/** Epoch milliseconds `seconds` after T0. */
export const at = (seconds: number) => T0 + seconds * 1000;

/** An IMF-fixdate `seconds` after T0. */
export const date = (seconds: number) => new Date(at(seconds)).toUTCString();

/** A configured layer without windows: the headers alone decide. */
export function layer(options: Partial<ResolvedLayer> = {}): ResolvedLayer {
  return {
    name: 'roads',
    templates: ['/tiles/roads/*'],
    archive: undefined,
    scheme: 'xyz',
    crs: 'EPSG:3857',
    maxZoom: 30,
    freshness: 'header',
    maxAge: undefined,
    staleWhileRevalidate: undefined,
    staleIfError: undefined,
    offline: 'default',
    override: false,
    versionPolicy: 'revalidate',
    versionedUrls: false,
    versionParam: 'v',
    versioned: false,
    versionHeader: 'X-Tile-Version',
    settleTime: 30,
    accept: undefined,
    ignoreParams: [],
    secretParams: [],
    plainParams: [],
    ignoreVary: [],
    shareAcrossCredentials: false,
    opaque: false,
    maxEntries: 20000,
    maxBytes: 2 ** 28,
    patience: 1,
    timeout: undefined,
    negativeMaxAge: 60,
    maxNegativeAge: 3600,
    concurrency: 16,
    partition: undefined,
    catchAll: false,
    ...options,
  };
}

/** The layer of a worker without configuration. */
export const CATCH_ALL = layer({ catchAll: true, maxAge: 0, staleWhileRevalidate: 604800 });

/** Returns a response stored at T0. Its `Date` is T0 unless `headers` contains another (`null`: none). */
export function stored(
  headers: Record<string, string | null> = {},
  rest: Partial<StoredResponse> = {},
): StoredResponse {
  const all = new Headers();
  for (const [name, value] of Object.entries({ Date: date(0), ...headers })) if (value !== null) all.set(name, value);
  return { status: 200, headers: all, requestAt: T0, responseAt: T0, ...rest };
}

/** Returns the policy of a request with these headers and this cache mode. */
export function asks(
  headers: Record<string, string> = {},
  cache: RequestCache = 'default',
  method = 'GET',
): RequestPolicy {
  return requestPolicy({ method, headers: new Headers(headers), cache });
}

/** Decides about a response stored at T0, `seconds` later. */
export function after(seconds: number, tile: StoredResponse | undefined, rest: Partial<DecisionInput> = {}): Decision {
  return decide({
    stored: tile,
    request: asks(),
    layer: layer(),
    now: at(seconds),
    rule: 'none',
    disconnected: false,
    ...rest,
  });
}

/**
 * Names a decision in a word: `fresh`, `swr` (stale, with a validation in the background), `stale`, `validate`,
 * `fetch`, `504`.
 */
export function word(decision: Decision): string {
  if (decision.kind === 'respond') return decision.stale ? (decision.validate ? 'swr' : 'stale') : 'fresh';
  return decision.kind === 'unsatisfiable' ? '504' : decision.kind;
}
