import type { ResolvedLayer } from '../../src/shared/layer-options';
import { type CacheControl, parseCacheControl, parseDeltaSeconds } from './cache-control';
import { parseHttpDate } from './dates';
import { HIDES_HEADER, isNegative, saysNothing } from './statuses';
import type { StoredResponse } from './stored-response';

/** How long a stored tile may be used, by its origin's headers and its layer. All in seconds. */
export interface Freshness {
  lifetime: number;
  /** Guessed from Last-Modified, for want of anything explicit. */
  heuristic: boolean;
  /** Seconds after `lifetime` in which it may be answered while it is validated. 0: none. */
  staleWhileRevalidate: number;
  /** Seconds after `lifetime` in which it may stand in for a failed origin; `undefined` where nobody said anything. */
  staleIfError: number | undefined;
  /** Validate before each use (no-cache). */
  noCache: boolean;
  /** Never use it stale (must-revalidate, no-cache). */
  neverStale: boolean;
  /** It says that there is no tile: no version confirms it. */
  negative: boolean;
}

/** What a lifetime is told by. */
type Judged = Pick<StoredResponse, 'status' | 'headers' | 'responseAt' | 'clockAhead'>;

/** Statuses that may be stored without the origin saying for how long (RFC 9110 section 15.1); 206 never comes here. */
export function heuristicallyCacheable(status: number): boolean {
  return /^(20[034]|30[018]|404|405|410|414|501)$/.test(`${status}`);
}

/**
 * Freshness lifetime (RFC 9111 section 4.2.1) for a private cache: max-age, else Expires less Date, else the layer's
 * `maxAge`, else a tenth of the time since Last-Modified (section 4.2.2). s-maxage and proxy-revalidate are for
 * shared caches only (sections 5.2.2.8 and 5.2.2.10).
 */
export function freshnessLifetime(stored: Judged, layer: ResolvedLayer): Freshness {
  const known = lifetimes.get(stored.headers);
  if (known && known.layer === layer && known.status === stored.status && known.responseAt === stored.responseAt)
    return known.freshness;
  const freshness = workOutFreshness(stored, layer);
  lifetimes.set(stored.headers, { layer, status: stored.status, responseAt: stored.responseAt, freshness });
  return freshness;
}

/** A tile in memory keeps its Headers: they are read once and not at each hit. */
const lifetimes = new WeakMap<
  Headers,
  { layer: ResolvedLayer; status: number; responseAt: number; freshness: Freshness }
>();

function workOutFreshness(stored: Judged, layer: ResolvedLayer): Freshness {
  const { headers, status } = stored;
  const field = headers.get('cache-control');
  const control = parseCacheControl(field);
  const expires = headers.get('expires');
  const negative = isNegative(stored);
  const limited = saysNothing(status);
  const usesLayer =
    (status === 0 || (!limited && heuristicallyCacheable(status)) || negative) &&
    !(layer.catchAll && (field ?? expires) !== null);
  const windows = usesLayer ? layer : undefined;
  const noCache = control.noCache === true;
  const neverStale = noCache || control.mustRevalidate === true;

  const pick = (name: 'maxAge' | 'staleWhileRevalidate' | 'staleIfError', own: number | undefined) =>
    layer.override ? (windows?.[name] ?? own) : (own ?? windows?.[name]);
  const own = control.maxAge ?? (expires === null ? undefined : untilExpires(stored, expires));
  // What says nothing of the tile takes its place for a while only, however long its server says that it holds: a cache may
  // always ask sooner.
  const most = limited ? ageValue(headers) + layer.negativeMaxAge : Infinity;
  const explicit = negative ? negativeLifetime(own, headers, layer) : pick('maxAge', own);
  const guess = explicit === undefined ? heuristicLifetime(stored, control) : undefined;
  // What no header can say is said by the operator: an outage of any length. "Absent other information" is the condition
  // of RFC 5861 section 4; only the origin's plain "never" stands against it.
  const endless = windows?.staleIfError === Infinity && control.staleIfError !== 0;
  return {
    lifetime: Math.min(explicit ?? guess ?? 0, most),
    heuristic: guess !== undefined,
    staleWhileRevalidate:
      neverStale || negative || limited ? 0 : (pick('staleWhileRevalidate', control.staleWhileRevalidate) ?? 0),
    staleIfError: neverStale ? 0 : endless ? Infinity : pick('staleIfError', control.staleIfError),
    noCache,
    neverStale,
    negative,
  };
}

/**
 * The layer's `negativeMaxAge` from its arrival on, whatever age it came with. Where the origin says how long it holds,
 * that counts up to `maxNegativeAge`; where it hides a good tile, up to `negativeMaxAge`.
 */
function negativeLifetime(own: number | undefined, headers: Headers, layer: ResolvedLayer): number {
  const { negativeMaxAge, maxNegativeAge } = layer;
  const most = headers.has(HIDES_HEADER) ? negativeMaxAge : Math.max(negativeMaxAge, maxNegativeAge);
  const arrived = ageValue(headers);
  return own === undefined ? arrived + negativeMaxAge : Math.min(own, arrived + most);
}

/** A list-based Age: the first member counts; an invalid one is ignored (section 5.1). */
export const ageValue = (headers: Headers) => parseDeltaSeconds(headers.get('age')?.split(',')[0]!.trim() ?? '') ?? 0;

/**
 * Date, or the time of arrival where it is missing or invalid (RFC 9110 section 6.6.1): by the origins' clock where this
 * device's is behind, for an Expires of theirs would last longer.
 */
function dateAt({ headers, responseAt, clockAhead = 0 }: Omit<Judged, 'status'>): number {
  return parseHttpDate(headers.get('date'), responseAt) ?? responseAt - Math.min(0, clockAhead);
}

/** Whole seconds, never negative; an invalid date, "0" above all, is in the past (RFC 9111 section 5.3). */
function untilExpires(stored: Judged, expires: string): number {
  const at = parseHttpDate(expires, stored.responseAt) ?? 0;
  return Math.max(0, Math.floor((at - dateAt(stored)) / 1000));
}

function heuristicLifetime(stored: Judged, control: CacheControl): number | undefined {
  // `public` marks any status as cacheable (section 4.2.2).
  if (!control.public && !heuristicallyCacheable(stored.status)) return undefined;
  const modifiedAt = parseHttpDate(stored.headers.get('last-modified'), stored.responseAt);
  const since = modifiedAt === undefined ? 0 : dateAt(stored) - modifiedAt;
  return since > 0 ? Math.floor(since / 10_000) : undefined;
}

/**
 * Current age in whole seconds (RFC 9111 section 4.2.3). Never negative, and never less than when it arrived, even
 * when the clock has gone back since. Where `isAgeKnown` says no, it is the least that the age can be.
 */
export function currentAge(stored: StoredResponse, now: number): number {
  const here = Math.max(0, now - arrivedAt(stored, now) + (stored.lateBy ?? 0));
  return Math.floor(arrivalAge(stored) + here / 1000);
}

/** Milliseconds by which a clock goes back without anybody setting it. */
export const GRAIN_MS = 1000;
/** A response from so far in the future, in milliseconds, came while this device's clock was wrong. */
const WRONG_MS = 7 * 86_400_000;

/**
 * False where the clock cannot tell how long the tile has been here: it went back behind the tile's arrival, or it was
 * far behind the origin's Date then and is right by now (a device that starts in 1970 and asks for the time later).
 */
export function isAgeKnown(stored: StoredResponse, now: number): boolean {
  return now >= stored.responseAt - GRAIN_MS && arrivedAt(stored, now) === stored.responseAt;
}

/** Of a tile that came under a clock proven wrong: not before the origin made it. */
function arrivedAt(stored: StoredResponse, now: number): number {
  const { responseAt } = stored;
  // A week's stay in the store is long for a Date to be asked for; the headers of a hit are not read.
  if (now - responseAt < WRONG_MS) return responseAt;
  const madeAt = dateAt(stored);
  return madeAt - responseAt > WRONG_MS && now >= madeAt ? madeAt : responseAt;
}

/** Ages on arrival, worked out once a tile: the same headers are asked for their age several times a hit. */
const arrivals = new WeakMap<Headers, { requestAt: number; responseAt: number; age: number }>();

/** corrected_initial_age of RFC 9111 section 4.2.3, in seconds. */
function arrivalAge(stored: StoredResponse): number {
  const { headers, requestAt, responseAt } = stored;
  const known = arrivals.get(headers);
  if (known && known.requestAt === requestAt && known.responseAt === responseAt) return known.age;
  // Date has whole seconds: what is below one is no age.
  const apparentAge = Math.floor(Math.max(0, responseAt - (stored.clockAhead ?? 0) - dateAt(stored)) / 1000);
  const correctedAge = ageValue(headers) + Math.max(0, responseAt - requestAt) / 1000;
  const age = Math.max(apparentAge, correctedAge);
  arrivals.set(headers, { requestAt, responseAt, age });
  return age;
}
