import type { Clause, LedgerClause } from '../../src/shared/clauses';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import { currentAge, type Freshness, freshnessLifetime, GRAIN_MS, isAgeKnown } from '../http/freshness';
import type { RequestPolicy } from '../http/request-directives';
import type { StoredResponse } from '../http/stored-response';
import { saysNothing } from '../http/statuses';

/** All inputs of the decision. */
export interface DecisionInput {
  /** The tile stored for this key and variant. */
  stored: StoredResponse | undefined;
  request: RequestPolicy;
  layer: ResolvedLayer;
  /** Epoch milliseconds. */
  now: number;
  /**
   * The invalidation rules' verdict: `none`, `stale` (validate the tile first) or `absent` (treat it as not stored).
   */
  rule: 'none' | 'stale' | 'absent';
  /** The clause that explains `rule`. */
  by?: LedgerClause | undefined;
  /**
   * Seconds for which the version's confirmation still keeps the tile fresh; negative once it has lapsed. `undefined`
   * if the tile's version is not known.
   */
  confirmed?: number | undefined;
  /** The worker considers the layer's network dead. */
  disconnected: boolean;
  /** This variant is not stored, but others are. */
  otherVariants?: boolean | undefined;
  /** The tile varies on a field that a worker cannot see: never use it without validation. */
  unsureVariant?: boolean | undefined;
}

/**
 * What to do about a request, and the clause that decides it. `age` and `ttl` in whole seconds; a stale `ttl` is
 * negative.
 */
export type Decision = { why: Clause } & Course;

type Course =
  /** `validate`: also validate the tile in the background. */
  | { kind: 'respond'; age: number; ttl: number; stale: boolean; validate: boolean }
  /** `fallback`: the stored tile may be served if the network fails; call `mayServeOnError` once it has. */
  | { kind: 'validate'; age: number; ttl: number; fallback: boolean; fwd: 'stale' | 'request' }
  | { kind: 'fetch'; fwd: 'uri-miss' | 'vary-miss' | 'bypass' | 'request' | 'miss' }
  /** The request says only-if-cached and no stored tile may answer: respond 504 (RFC 9111 section 5.2.1.7). */
  | { kind: 'unsatisfiable' };

/** Decides how to answer a request (RFC 9111 section 4). Pure and synchronous, so that a hit waits for nothing. */
export function decide(input: DecisionInput): Decision {
  const { request, layer, now, rule, disconnected } = input;
  const stored = rule === 'absent' ? undefined : input.stored;
  if (!stored || request.bypass || request.reload) {
    if (request.onlyIfCached) return { kind: 'unsatisfiable', why: 'only-if-cached' };
    if (request.bypass) return { kind: 'fetch', fwd: 'bypass', why: 'bypass' };
    if (request.reload) return { kind: 'fetch', fwd: 'request', why: 'request' };
    const fwd = input.otherVariants ? 'vary-miss' : 'uri-miss';
    return { kind: 'fetch', fwd, why: (input.stored && input.by) || fwd };
  }

  const freshness = freshnessLifetime(stored, layer);
  const age = currentAge(stored, now);
  const state = stalenessOf(stored, freshness, age, now, input);
  const respond = (validate: boolean, why: Clause): Decision & { kind: 'respond' } => ({
    kind: 'respond',
    why,
    age,
    ttl: state.ttl,
    stale: state.ttl <= 0,
    validate: validate && !request.onlyIfCached,
  });

  const mustValidate = freshness.noCache || input.unsureVariant === true || rule === 'stale';
  // The request's directives (section 5.2.1), if they are stricter than the origin's.
  const refused =
    request.noCache ||
    (request.maxAge !== undefined && age > request.maxAge) ||
    (request.minFresh !== undefined && state.ttl < request.minFresh);
  if (!mustValidate && !refused) {
    if (state.ttl > 0) return respond(false, state.proven ? 'version-confirmed' : 'fresh');
    const inWindow = isWithin(state.staleness, freshness.staleWhileRevalidate);
    if (request.maxStale !== undefined) {
      if (!freshness.neverStale && state.staleness <= request.maxStale) return respond(inWindow, 'max-stale');
    } else if (inWindow && request.maxAge === undefined) {
      // A client that names a max-age wants nothing stale (section 5.2.1.1).
      return respond(true, 'stale-while-revalidate');
    }
  }
  const failure = { answered: false, gone: disconnected };
  const fallback = !input.unsureVariant && usableOnError(stored, freshness, state, layer, request, failure);
  if (disconnected && fallback) {
    const shown = respond(true, 'disconnected');
    return mustValidate ? { ...shown, stale: true, ttl: Math.min(state.ttl, 0) } : shown;
  }
  if (request.onlyIfCached) return { kind: 'unsatisfiable', why: 'only-if-cached' };
  const fwd = refused && !mustValidate && state.ttl > 0 ? 'request' : 'stale';
  return {
    kind: 'validate',
    why: input.by ?? whyStale(input, freshness, state, fwd),
    age,
    ttl: state.ttl,
    fallback,
    fwd,
  };
}

/** The clause that explains a validation. Not on the hit path. */
function whyStale(input: DecisionInput, freshness: Freshness, state: Staleness, fwd: 'stale' | 'request'): Clause {
  if (input.unsureVariant) return 'vary-unseen';
  if (freshness.noCache) return 'no-cache';
  if (fwd === 'request') return fwd;
  if (state.staleness === Infinity) return 'age-unknown';
  return freshness.neverStale ? 'must-revalidate' : 'expired';
}

/** How far a stored tile is from being fresh. */
interface Staleness {
  /** Seconds of freshness left; 0 or negative when stale. */
  ttl: number;
  /** Only the version's confirmation keeps the tile fresh; its own lifetime has ended. */
  proven: boolean;
  /** Seconds since the tile went stale; `Infinity` if that is unknown. */
  staleness: number;
  /** The lower bound of the seconds since the tile went stale. */
  atLeast: number;
}

const isWithin = (staleness: number, window: number) => staleness < window || window === Infinity;

function stalenessOf(
  stored: StoredResponse,
  freshness: Freshness,
  age: number,
  now: number,
  { rule, confirmed }: Pick<DecisionInput, 'rule' | 'confirmed'>,
): Staleness {
  let ttl = freshness.lifetime - age;
  // The version's confirmation counts as a validation of the tile, unless the origin demands its own.
  const proven = confirmed !== undefined && !freshness.neverStale && !freshness.negative;
  const own = ttl;
  if (proven) ttl = Math.max(ttl, Math.floor(confirmed));
  // A tile of unknown age cannot be fresh by its age. Its version's confirmation can make it fresh if the clock is
  // right.
  const wentBack = now < stored.responseAt - GRAIN_MS;
  const unknown = wentBack || (!(proven && confirmed > 0) && !isAgeKnown(stored, now));
  const atLeast = Math.max(0, -ttl);
  return {
    proven: own <= 0 && proven,
    ttl: unknown || rule === 'stale' ? Math.min(ttl, 0) : ttl,
    staleness: unknown ? Infinity : atLeast,
    atLeast,
  };
}

/**
 * True if a stored tile may stand in after the origin failed: within stale-if-error (RFC 5861 section 4), but never
 * against no-cache or must-revalidate (RFC 9111 section 4.2.4). `failure.status` is `undefined` if the network failed
 * or timed out; a status that is no failure (404, 410, 204) must be believed. `failure.gone`: there was no network.
 * `ruled`: the verdict of the invalidation rules and the version.
 */
export function mayServeOnError(
  stored: StoredResponse,
  layer: ResolvedLayer,
  now: number,
  failure: { status?: number | undefined; gone?: boolean },
  request?: Pick<RequestPolicy, 'staleIfError'>,
  ruled: Pick<DecisionInput, 'rule' | 'confirmed'> = { rule: 'none' },
): boolean {
  if (ruled.rule === 'absent' || (failure.status !== undefined && !isFailure(failure.status))) return false;
  const freshness = freshnessLifetime(stored, layer);
  const state = stalenessOf(stored, freshness, currentAge(stored, now), now, ruled);
  const { status, gone = false } = failure;
  return usableOnError(stored, freshness, state, layer, request, { answered: status !== undefined, gone });
}

/**
 * True for a status that tells nothing about the tile and so never replaces a usable one: 429, and the statuses that
 * RFC 5861 section 4 names. A 5xx status that RFC 9110 does not define counts as 500 (its section 15).
 */
export function isFailure(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

function usableOnError(
  { kept, status }: StoredResponse,
  freshness: Freshness,
  state: Staleness,
  layer: ResolvedLayer,
  request: Pick<RequestPolicy, 'staleIfError'> | undefined,
  { answered, gone }: { answered: boolean; gone: boolean },
): boolean {
  // A stored failure cannot stand in for another failure.
  if (saysNothing(status)) return false;
  if (gone && layer.offline === 'always') return true;
  if (freshness.noCache) return false;
  if (state.ttl > 0) return true;
  if (freshness.neverStale) return false;
  // A disconnected cache may serve stale responses unless that is forbidden (RFC 9111 section 4.2.4). The catch-all
  // layer does so, a configured layer opts in by its own options, and saving a region opts in for its tiles.
  const own = freshness.staleIfError ?? (!answered && (layer.catchAll || kept) ? Infinity : 0);
  // A changed clock must not leave a map blank: use the age that is certain, not the age that is possible.
  return isWithin(state.atLeast, Math.max(own, request?.staleIfError ?? 0));
}
