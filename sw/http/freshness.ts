import type { ResolvedLayer } from '../../src/shared/layer-options';
import { type CacheControl, parseCacheControl, parseDeltaSeconds } from './cache-control';
import { parseHttpDate } from './dates';
import { HIDES_HEADER, isNegative, saysNothing } from './statuses';
import type { StoredResponse } from './stored-response';

/** How long a stored tile may be used according to its origin's headers and its layer. All durations in seconds. */
export interface Freshness {
  lifetime: number;
  /** The lifetime is a guess from Last-Modified, because nothing states it explicitly. */
  heuristic: boolean;
  /** Seconds after `lifetime` in which the worker may serve the tile while it validates it. 0: none. */
  staleWhileRevalidate: number;
  /** Seconds after `lifetime` in which the tile may stand in for a failed origin; `undefined` if nobody sets them. */
  staleIfError: number | undefined;
  /** The tile must be validated before each use (no-cache). */
  noCache: boolean;
  /** The tile must never be used stale (must-revalidate, no-cache). */
  neverStale: boolean;
  /** The response says that there is no tile. A version's confirmation does not apply to it. */
  negative: boolean;
}

/** The properties that determine a lifetime. */
type Dated = Pick<StoredResponse, 'status' | 'headers' | 'responseAt' | 'clockAhead'>;

/**
 * True for a status that may be stored without explicit freshness (RFC 9110 section 15.1). 206 is missing, because the
 * worker never stores it.
 */
export function heuristicallyCacheable(status: number): boolean {
  return /^(20[034]|30[018]|404|405|410|414|501)$/.test(`${status}`);
}

/**
 * Computes the freshness lifetime (RFC 9111 section 4.2.1) for a private cache: max-age, else Expires minus Date, else
 * the layer's `maxAge`, else a tenth of the time since Last-Modified (section 4.2.2). s-maxage and proxy-revalidate
 * apply to shared caches only (sections 5.2.2.8 and 5.2.2.10).
 */
export function freshnessLifetime(stored: Dated, layer: ResolvedLayer): Freshness {
  const known = lifetimes.get(stored.headers);
  if (known && known.layer === layer && known.status === stored.status && known.responseAt === stored.responseAt)
    return known.freshness;
  const freshness = workOutFreshness(stored, layer);
  lifetimes.set(stored.headers, { layer, status: stored.status, responseAt: stored.responseAt, freshness });
  return freshness;
}

/**
 * Lifetimes by Headers object. A tile in memory keeps its Headers, so the worker parses them once and not at each hit.
 */
const lifetimes = new WeakMap<
  Headers,
  { layer: ResolvedLayer; status: number; responseAt: number; freshness: Freshness }
>();

function workOutFreshness(stored: Dated, layer: ResolvedLayer): Freshness {
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
  // A response that tells nothing about the tile takes its place only briefly, whatever lifetime its server states: a
  // cache may always ask sooner.
  const most = limited ? ageValue(headers) + layer.negativeMaxAge : Infinity;
  const explicit = negative ? negativeLifetime(own, headers, layer) : pick('maxAge', own);
  const guess = explicit === undefined ? heuristicLifetime(stored, control) : undefined;
  // No header can express an outage of any length, so the operator's `staleIfError: Infinity` does. RFC 5861 section 4
  // applies "absent other information"; only the origin's explicit 0 overrides it.
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
 * A negative answer lives for the layer's `negativeMaxAge` from its arrival on, whatever its age was then. If the
 * origin states a lifetime, that counts, up to `maxNegativeAge`, or up to `negativeMaxAge` if the answer hides a good
 * tile.
 */
function negativeLifetime(own: number | undefined, headers: Headers, layer: ResolvedLayer): number {
  const { negativeMaxAge, maxNegativeAge } = layer;
  const most = headers.has(HIDES_HEADER) ? negativeMaxAge : Math.max(negativeMaxAge, maxNegativeAge);
  const arrived = ageValue(headers);
  return own === undefined ? arrived + negativeMaxAge : Math.min(own, arrived + most);
}

/** The Age field in seconds. Of a list the first member counts; an invalid one counts as 0 (section 5.1). */
export const ageValue = (headers: Headers) => parseDeltaSeconds(headers.get('age')?.split(',')[0]!.trim() ?? '') ?? 0;

/**
 * The Date in epoch milliseconds, or the time of arrival if Date is missing or invalid (RFC 9110 section 6.6.1). If
 * this device's clock is behind, the time of arrival is by the origins' clock, because their Expires would otherwise
 * last longer.
 */
function dateAt({ headers, responseAt, clockAhead = 0 }: Omit<Dated, 'status'>): number {
  return parseHttpDate(headers.get('date'), responseAt) ?? responseAt - Math.min(0, clockAhead);
}

/** Whole seconds until Expires, never negative. An invalid date, such as "0", is in the past (RFC 9111 section 5.3). */
function untilExpires(stored: Dated, expires: string): number {
  const at = parseHttpDate(expires, stored.responseAt) ?? 0;
  return Math.max(0, Math.floor((at - dateAt(stored)) / 1000));
}

/**
 * Seconds of the longest lifetime that nobody stated: a week, as in Firefox. Reproducible builds date all files 1970 or
 * 1980, and a tenth of that time is years.
 */
const LONGEST_GUESS = 604_800;

function heuristicLifetime(stored: Dated, control: CacheControl): number | undefined {
  // `public` marks any status as cacheable (section 4.2.2).
  if (!control.public && !heuristicallyCacheable(stored.status)) return undefined;
  const modifiedAt = parseHttpDate(stored.headers.get('last-modified'), stored.responseAt);
  const since = modifiedAt === undefined ? 0 : dateAt(stored) - modifiedAt;
  return since > 0 ? Math.min(Math.floor(since / 10_000), LONGEST_GUESS) : undefined;
}

/**
 * The current age in whole seconds (RFC 9111 section 4.2.3). It is never negative and never less than on arrival, even
 * if the clock has gone back since. If `isAgeKnown` returns false, it is the lower bound of the age.
 */
export function currentAge(stored: StoredResponse, now: number): number {
  const here = Math.max(0, now - arrivedAt(stored, now) + (stored.lateBy ?? 0));
  return Math.floor(arrivalAge(stored) + here / 1000);
}

/** Milliseconds by which a clock may go back without having been set. */
export const GRAIN_MS = 1000;
/** Milliseconds. A response whose Date is this far in the future arrived while this device's clock was wrong. */
const WRONG_MS = 7 * 86_400_000;

/**
 * False if the clock cannot tell how long the tile has been stored. Either the clock went back to before the tile's
 * arrival, or it was far behind the origin's Date then and is right now (a device that boots in 1970 and sets its clock
 * later).
 */
export function isAgeKnown(stored: StoredResponse, now: number): boolean {
  return now >= stored.responseAt - GRAIN_MS && arrivedAt(stored, now) === stored.responseAt;
}

/** The time of arrival, or the origin's Date if the clock was proven wrong when the tile arrived. */
function arrivedAt(stored: StoredResponse, now: number): number {
  const { responseAt } = stored;
  // Only a tile stored for over a week needs its Date: a usual hit reads no headers.
  if (now - responseAt < WRONG_MS) return responseAt;
  const madeAt = dateAt(stored);
  return madeAt - responseAt > WRONG_MS && now >= madeAt ? madeAt : responseAt;
}

/** Ages on arrival, computed once per tile: one hit needs the age of the same headers several times. */
const arrivals = new WeakMap<Headers, { requestAt: number; responseAt: number; age: number }>();

/** corrected_initial_age of RFC 9111 section 4.2.3, in seconds. */
function arrivalAge(stored: StoredResponse): number {
  const { headers, requestAt, responseAt } = stored;
  const known = arrivals.get(headers);
  if (known && known.requestAt === requestAt && known.responseAt === responseAt) return known.age;
  // Date has whole seconds: a fraction of a second is no age.
  const apparentAge = Math.floor(Math.max(0, responseAt - (stored.clockAhead ?? 0) - dateAt(stored)) / 1000);
  const correctedAge = ageValue(headers) + Math.max(0, responseAt - requestAt) / 1000;
  const age = Math.max(apparentAge, correctedAge);
  arrivals.set(headers, { requestAt, responseAt, age });
  return age;
}
