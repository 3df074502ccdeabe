import type { Clause, LedgerClause } from '../../src/shared/clauses';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import { currentAge, type Freshness, freshnessLifetime, GRAIN_MS, isAgeKnown } from '../http/freshness';
import type { RequestPolicy } from '../http/request-directives';
import type { StoredResponse } from '../http/stored-response';
import { saysNothing } from '../http/statuses';

/** Everything that the decision depends on. */
export interface DecisionInput {
  /** The tile stored for this key and variant. */
  stored: StoredResponse | undefined;
  request: RequestPolicy;
  layer: ResolvedLayer;
  /** Epoch milliseconds. */
  now: number;
  /** What the invalidation rules say of the stored tile: nothing, validate it first, or take it for not there. */
  rule: 'none' | 'stale' | 'absent';
  /** The rule's own clause. */
  by?: LedgerClause | undefined;
  /** Version-confirmed freshness: seconds for which it still holds, where the tile's version is known. Negative once lapsed. */
  confirmed?: number | undefined;
  /** The layer's network is thought to be dead. */
  disconnected: boolean;
  /** Nothing is stored for this variant, but others are. */
  otherVariants?: boolean | undefined;
  /** It varies on a field that a worker cannot see: never use it unvalidated. */
  unsureVariant?: boolean | undefined;
}

/** What to do about a request, and which clause says so. `age` and `ttl` in whole seconds; `ttl` is negative when stale. */
export type Decision = { why: Clause } & Course;

type Course =
  /** `validate`: in the background. */
  | { kind: 'respond'; age: number; ttl: number; stale: boolean; validate: boolean }
  /** `fallback`: the stored tile may be served if the network fails; ask `mayServeOnError` once it has. */
  | { kind: 'validate'; age: number; ttl: number; fallback: boolean; fwd: 'stale' | 'request' }
  | { kind: 'fetch'; fwd: 'uri-miss' | 'vary-miss' | 'bypass' | 'request' | 'miss' }
  /** only-if-cached, and nothing to answer with: 504 (RFC 9111 section 5.2.1.7). */
  | { kind: 'unsatisfiable' };

/** Decides how a request is answered (RFC 9111 section 4). Pure, and without a wait between store and answer. */
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
  // What the client asked for (section 5.2.1), where it leaves less than the origin does.
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

/** Not on the hit path. */
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
  /** The version's confirmation makes it fresh, its own lifetime does not. */
  proven: boolean;
  /** Seconds since it went stale; infinite where that cannot be known. */
  staleness: number;
  /** Seconds since it went stale, at the least. */
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
  // The version's confirmation stands for a validation of the tile, but not where the origin wants its own.
  const proven = confirmed !== undefined && !freshness.neverStale && !freshness.negative;
  const own = ttl;
  if (proven) ttl = Math.max(ttl, Math.floor(confirmed));
  // Where nobody knows its age, that cannot make it fresh; what its version was confirmed for can, by a clock that is right.
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
 * Whether a stored tile may stand in for an answer that could not be had: within stale-if-error (RFC 5861 section 4),
 * never past no-cache or must-revalidate (RFC 9111 section 4.2.4). `failure.status` is undefined where the network
 * failed or timed out; a status that is no failure (404, 410, 204) has to be believed. `failure.gone`: there was no
 * network. `ruled` is what the invalidation rules and the version say of the tile.
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
 * Statuses that say nothing of the tile: they never replace one that is still usable. 429 and what RFC 5861 section 4
 * names; a 5xx that RFC 9110 does not know counts as 500 (its section 15).
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
  // One failure is no stand-in for the next.
  if (saysNothing(status)) return false;
  if (gone && layer.offline === 'always') return true;
  if (freshness.noCache) return false;
  if (state.ttl > 0) return true;
  if (freshness.neverStale) return false;
  // Disconnected, a cache may answer stale where nobody forbids it (RFC 9111 section 4.2.4): the catch-all layer does,
  // a configured layer says so itself, and who saves a region has said so for that.
  const own = freshness.staleIfError ?? (!answered && (layer.catchAll || kept) ? Infinity : 0);
  // A clock that was set is no reason to leave a map blank: what is known of the age counts, not what might be.
  return isWithin(state.atLeast, Math.max(own, request?.staleIfError ?? 0));
}
