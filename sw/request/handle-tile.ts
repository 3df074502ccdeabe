import type { CacheStatusEntry, ForwardReason } from '../../src/shared/cache-status';
import type { TileStatus } from '../../src/shared/protocol';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { createAnswering } from './answer';
import type { Mismatches } from './mismatches';
import type { Outcome } from './outcome';
import type { Digest } from '../util/digest';
import type { Exchange } from '../origin/exchange';
import type { Flights } from '../origin/flights';
import { type Ledger, type LedgerState, recordOf } from '../ledger/ledger';
import type { Found, Lookup } from './lookup';
import type { MemoryTier } from '../store/memory-tier';
import type { NetworkHealth } from '../origin/health';
import { OVER, type Patience, type Wait } from '../origin/patience';
import type { Pages } from '../pages/pages';
import { type Decision, decide, mayServeOnError } from '../policy/decide';
import { answersNotModified } from '../http/preconditions';
import { type RequestPolicy, requestPolicy } from '../http/request-directives';
import { distrustsHttpCache, labelFor, overtaken, type Standing, type Subject } from '../ledger/verdict';
import { isPrivate } from '../policy/http-cache-mode';
import { tileKey } from '../store/tile-key';
import type { Tile } from '../store/tile-store';
import { type OtherMethods } from './other-methods';
import { variantIn, variantOf, varyFields, type VaryEnvironment } from '../http/vary';
import { createWarming } from './warming';

/** One request for a tile. */
export interface TileRequest {
  request: Request;
  address: TileAddress;
  clientId?: string;
}

/** The answer, and the work behind it. */
export interface Handled {
  /** Never rejects but when there is neither store nor network. */
  response: Promise<Response>;
  /** All that goes on behind the answer. Never rejects. */
  done: Promise<void>;
}

export type TileHandler = (request: TileRequest) => Handled;

export interface HandlerTools {
  ledger: Ledger;
  lookup: Lookup;
  memory: MemoryTier;
  flights: Flights;
  other: OtherMethods;
  health: NetworkHealth;
  patience: Patience;
  mismatches: Mismatches;
  pages: Pages;
  digest: Digest;
  env: VaryEnvironment;
  now: () => number;
  /** Resolves after a short random time: many background validations do not start at once. */
  jitter: () => Promise<void>;
  /** A ledger has lived here before, so that there may be rules which cannot be read. Never rejects. */
  hasTraces: () => Promise<boolean>;
  /** A tile was read: for least-recently-used. */
  touched: (tile: Tile) => void;
  /** A rule has overtaken what was on its way; call what it returns when there is an answer. */
  takeTurn: () => () => void;
  /** Resolves when nothing that was begun behind answers is left to do. Never rejects. */
  settled: () => Promise<unknown>;
}

/** A body came and is no tile. */
const isRefused = (outcome: Outcome) =>
  outcome.kind === 'failure' && outcome.tile !== undefined && outcome.reason !== 'status';

/** The origin's label is not the version in force: never fresh, whatever its headers say. */
const MISMATCH = { ttl: 0, detail: 'versionmismatch' };

/** Restarts that one request may go through while rules keep overtaking what it brings. */
const MAX_ROUNDS = 10;

/** The one orchestrator: look up, decide, fetch, respond. */
export function createTileHandler(tools: HandlerTools): TileHandler {
  const { ledger, lookup, flights, other, health, mismatches, pages, digest, env, now } = tools;
  const { holds, warm } = createWarming(tools);

  return ({ request, address, clientId }) => {
    const behind: Promise<unknown>[] = [];
    const later = (work: Promise<unknown> | undefined) => void (work && behind.push(work.catch(() => {})));
    const { layer } = address;
    const discards = layer.versionPolicy === 'discard';
    /** Begun once something usable is stored. */
    let waiting: Wait | undefined;
    let turn: (() => void) | undefined;
    const waitOf = () => (waiting ??= tools.patience.begin(request.url, layer.patience));
    /** One user's tiles and another's do not meet in the HTTP cache either. */
    const apart = isPrivate(request, address, env.origin) ? 'no-store' : undefined;

    /** What the HTTP cache beneath may do where nothing can be looked up: it may hold what was purged. */
    const beneath = async () => {
      const { state } = ledger;
      const ruled = state ? state.orphaned || state.epoch > 1 : await tools.hasTraces();
      return apart ?? (ruled ? 'no-cache' : undefined);
    };

    const { serve, fail, validated } = createAnswering({ pages, now, request, address, clientId, later });

    const answer = async (): Promise<Response> => {
      const state = ledger.state ?? (await ledger.load());
      // P8: without a ledger nothing stored may be trusted, and nothing is stored.
      if (!state) return other.pass(request, 'bypass', 'storage', await beneath());
      const policy = requestPolicy(request);
      const place = tileKey(digest, state.id, request, address);
      const { key, own, url, partition } = place instanceof Promise ? await place : place;
      const subject: Subject = { layer, tile: address.place, url, partition, asked: address.token, own };
      if (policy.method !== 'GET' && policy.method !== 'HEAD') return other.unsafe(request);

      const context: Context = { policy, key, subject, alone: false, retried: false };

      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        if (round > 0) turn ??= tools.takeTurn();
        const found = await lookup(request, key, subject);
        const decision = decision_(found, policy);
        if (decision.kind === 'unsatisfiable') return fail({ detail: 'only-if-cached' });
        // Who does not want a redirect followed gets no answer that came by one.
        const follows = request.redirect === 'follow' || request.mode === 'navigate';
        if (!follows && (decision.kind !== 'respond' || found.tile?.url !== undefined))
          return other.pass(request, 'bypass', undefined, await beneath());
        if (decision.kind === 'respond' && found.tile) {
          const shown = await fromStore(found, found.tile, found.standing as Standing, decision, context);
          if (shown) return shown;
          continue;
        }
        if (policy.bypass) return other.pass(request, 'bypass', undefined, apart);
        if (policy.method === 'HEAD') return headOf(found, context);
        const response =
          policy.range !== null && decision.kind === 'fetch'
            ? await partOf(found, decision.fwd, context)
            : await fromOrigin(found, decision, context);
        if (response) return response;
      }
      return fail({ fwd: 'miss', detail: 'overtaken' });
    };

    const decision_ = (found: Found, policy: RequestPolicy): Decision => {
      const { tile, standing } = found;
      const decision = decide({
        stored: tile,
        request: policy,
        layer,
        now: now(),
        rule: standing?.rule ?? 'none',
        confirmed: standing?.confirmed,
        disconnected: health.dead(layer.name),
        otherVariants: found.otherVariants,
        unsureVariant: found.unsureVariant,
      });
      // An older version that the layer shows at once is stale, however fresh its own headers say it is.
      if (decision.kind === 'respond' && standing?.overtaken) {
        return { ...decision, stale: true, validate: true, ttl: Math.min(decision.ttl, 0) };
      }
      return decision;
    };

    interface Context {
      policy: RequestPolicy;
      key: string;
      subject: Subject;
      /** Another's answer was not for this request. */
      alone: boolean;
      /** Another's request failed; this one has asked again. */
      retried: boolean;
    }

    /** Undefined: the ledger moved on while the body was read; what was decided before does not hold any more. */
    const fromStore = (
      found: Found,
      tile: Tile,
      standing: Standing,
      decision: Decision & { kind: 'respond' },
      context: Context,
    ): Response | Promise<Response | undefined> => {
      const { policy } = context;
      tools.touched(tile);
      // A variant is found through the first one, which must not be evicted before it.
      if (found.primary && found.primary !== tile) tools.touched(found.primary);
      const { stale, ttl, validate } = decision;
      const status = stale ? 'stale' : 'hit';
      if (validate && health.mayProbe(layer.name, request.url)) later(validateBehind(found, context, status));
      const entry: CacheStatusEntry = {
        hit: true,
        ttl,
        ...(stale && health.dead(layer.name) && { detail: 'disconnected' }),
      };
      // A condition that holds comes before the range (RFC 9110 section 13.2.2).
      if (policy.range !== null && !answersNotModified(policy, tile)) {
        return other
          .ranged(found, tile, policy, (part, bytes) => serve(part, bytes, standing.label, status, entry))
          .then((part) => (holds(found, tile, context.subject) ? part : undefined));
      }
      if (policy.method === 'HEAD') return serve(tile, null, standing.label, status, entry, policy);
      return warm(found, tile, context.subject, (body) => serve(tile, body, standing.label, status, entry, policy));
    };

    const validateBehind = async (found: Found, context: Context, status: TileStatus): Promise<void> => {
      const { subject, policy } = context;
      await tools.jitter();
      const askedAt = now();
      const exchange = await flights.join({ request, address, subject, found, policy, background: true });
      if (!exchange) return;
      const outcome = await exchange.outcome;
      heard(context, outcome);
      const failed = outcome.kind === 'failure';
      // Given up, not answered.
      if (failed && /^(dropped|aborted)$/.test(outcome.reason)) return;
      if (exchange.request === request) validated(status, now() - askedAt, failed);
      if (failed) await pages.notice({ notice: 'validationfailed', layer: layer.name, detail: outcome.reason });
    };

    /** Undefined: what came was overtaken by a rule, or is another variant: look again. */
    const fromOrigin = async (found: Found, decision: Decision, context: Context): Promise<Response | undefined> => {
      const { subject, policy } = context;
      const fallback = decision.kind === 'validate' && decision.fallback ? found.tile : undefined;
      const fwd: ForwardReason = decision.kind === 'validate' || decision.kind === 'fetch' ? decision.fwd : 'miss';
      const wait = fallback && waitOf();
      if (wait?.over) {
        if (health.mayProbe(layer.name, request.url)) later(validateBehind(found, context, 'stale'));
        return standIn(context);
      }
      const joining = flights.join({
        request,
        address,
        subject,
        found,
        policy,
        background: false,
        stream: !fallback && policy.range === null,
        alone: context.alone,
      });
      const exchange = await (wait ? wait.race(joining) : joining);
      if (exchange === OVER) return standIn(context);
      if (!exchange) return undefined;
      later(exchange.outcome.then((outcome) => heard(context, outcome)));
      const collapsed = exchange.request !== request;
      const leave = flights.wait(exchange, request.signal, clientId);
      let streams = false;
      try {
        if (!collapsed && !wait) {
          const head = await exchange.head;
          const wrong = head !== undefined && mismatches.isWrong(subject, head.tile);
          if (head && !isOvertaken(exchange, subject) && !(wrong && discards)) {
            // `stored` cannot be said before it is so, and the head goes before the body has come.
            const entry: CacheStatusEntry = {
              fwd,
              fwdStatus: head.tile.status,
              ...without(found),
              ...(wrong && MISMATCH),
            };
            // It waits for the body: another's leaving must not end that.
            streams = true;
            later(head.finished);
            // The answer was counted before its body came.
            later(exchange.outcome.then((outcome) => isRefused(outcome) && validated('miss', 0, true)));
            void exchange.outcome.then(() => leave());
            return serve(head.tile, head.body, labelOf(head.tile), wrong ? 'stale' : 'miss', entry, policy);
          }
        }
        const outcome = await (wait ? wait.race(exchange.outcome) : exchange.outcome);
        if (outcome === OVER) {
          leave('goes on');
          return await standIn(context);
        }
        if (isOvertaken(exchange, subject)) return undefined;
        if (isNobodys(outcome) && collapsed && !fallback && !context.retried) {
          context.retried = true;
          return undefined;
        }
        if (outcome.kind === 'failure') return onFailure(exchange, outcome, fwd, context);
        const { tile, notModified, stored } = outcome;
        if (collapsed && !isFor(tile, exchange)) {
          context.alone = true;
          return undefined;
        }
        // Too large to be held, let alone shared.
        if (!tile.bytes && !tile.response) return other.pass(request, fwd, undefined, apart ?? 'no-cache');
        const fwdStatus = notModified ? 304 : tile.status;
        const wrong = mismatches.isWrong(subject, tile);
        if (wrong) {
          const instead = await insteadOf({ fwd, fwdStatus, detail: MISMATCH.detail }, context);
          if (instead !== 'itself') return instead;
        }
        const entry: CacheStatusEntry = {
          fwd,
          fwdStatus,
          stored,
          collapsed,
          ...without(found),
          ...(wrong && MISMATCH),
        };
        const word = wrong ? 'stale' : notModified ? 'revalidated' : 'miss';
        const body = tile.response ? tile.response.clone().body : ((tile.bytes ?? null) as BodyInit | null);
        if (policy.range !== null && !answersNotModified(policy, tile)) {
          const part = await other.ranged(found, tile, policy, (body, bytes) =>
            serve(body, bytes, labelOf(tile), word, entry),
          );
          return isOvertaken(exchange, subject) ? undefined : part;
        }
        const shown = tile.response ? { ...tile, response: tile.response.clone() } : tile;
        return serve(shown, body, labelOf(tile), word, entry, policy);
      } finally {
        if (!streams) leave();
      }
    };

    const heard = ({ key, subject, policy }: Context, outcome: Outcome) => {
      if (!policy.noStore) mismatches.heard({ request, address, subject, key }, outcome);
    };

    /** What is shown where the origin answered another version than the one in force: the right one that is stored, or it. */
    const insteadOf = async (entry: CacheStatusEntry, context: Context): Promise<'itself' | Response | undefined> => {
      const found = await lookup(request, context.key, context.subject);
      const right = found.tile && !found.standing?.overtaken && !mismatches.isWrong(context.subject, found.tile);
      if (right && found.tile?.meta.version && standsIn(found, {}, context.policy))
        return fromStale(found, entry, context);
      return discards ? fail(entry) : 'itself';
    };

    /** A part of what is not stored. Undefined: overtaken by a rule meanwhile. */
    const partOf = async (found: Found, fwd: ForwardReason, { subject }: Context): Promise<Response | undefined> => {
      if (found.state !== ledger.state) return undefined;
      const part = await other.pass(
        request,
        fwd,
        undefined,
        apart ?? (distrustsHttpCache(found.state, subject) ? 'no-cache' : undefined),
      );
      if (!movedOn(found.state, subject)) return part;
      void part.body?.cancel().catch(() => {});
      return undefined;
    };

    const headOf = async (found: Found, context: Context): Promise<Response> => {
      const { policy, subject } = context;
      const { tile, standing } = found;
      const usable = standsIn(found, {}, policy);
      const stale = (detail: string) =>
        serve(tile as Tile, null, (standing as Standing).label, 'stale', { fwd: 'stale', detail }, policy);
      const asking = other.head(request, policy, found, subject);
      later(asking);
      try {
        const answered = await (usable ? waitOf().race(asking) : asking);
        return answered === OVER ? stale('patience') : answered;
      } catch (error) {
        if (!usable) throw error;
        return stale('network');
      }
    };

    const standsIn = (found: Found, failure: { status?: number }, policy: RequestPolicy): boolean => {
      const { tile, standing } = found;
      if (!tile || !standing || standing.rule === 'absent' || found.unsureVariant) return false;
      if (policy.bypass || policy.reload) return false;
      return mayServeOnError(tile, layer, now(), failure, policy, standing);
    };

    const fromStale = (found: Found, entry: CacheStatusEntry, { subject, policy }: Context) => {
      const { tile, standing } = found as Found & { tile: Tile; standing: Standing };
      tools.touched(tile);
      if (policy.range !== null && !answersNotModified(policy, tile)) {
        return other
          .ranged(found, tile, policy, (part, bytes) => serve(part, bytes, standing.label, 'stale', entry))
          .then((part) => (holds(found, tile, subject) ? part : undefined));
      }
      return warm(found, tile, subject, (body) => serve(tile, body, standing.label, 'stale', entry, policy));
    };

    /** The page has waited long enough. Undefined: a rule has come meanwhile, look again. */
    const standIn = async (context: Context): Promise<Response | undefined> => {
      const { key, subject, policy } = context;
      const found = await lookup(request, key, subject);
      if (!standsIn(found, {}, policy)) return undefined;
      return fromStale(found, { fwd: 'stale', detail: 'patience' }, context);
    };

    /** The origin has said nothing: it may be the leader's connection and no other's. */
    const isNobodys = (outcome: Outcome) =>
      outcome.kind === 'failure' &&
      outcome.status === undefined &&
      outcome.tile === undefined &&
      !/^(aborted|dropped)$/.test(outcome.reason);

    const labelOf = (tile: Tile): string => {
      const state = ledger.state;
      if (!state) return tile.meta.version;
      return labelFor(recordOf(state, layer.name), address.place, tile.meta);
    };

    const movedOn = (from: LedgerState, subject: Subject) => {
      const { state } = ledger;
      return !state || state.id !== from.id || overtaken(state, subject, from.epoch);
    };

    const isOvertaken = ({ plan }: Exchange, subject: Subject) => movedOn(plan.state, subject);

    /** A follower gets the leader's answer only if its own request selects the same variant (RFC 9111 section 4.1). */
    const isFor = (tile: Tile, exchange: Exchange): boolean => {
      const fields = varyFields(tile.headers);
      if (!fields) return true;
      if (fields === '*') return false;
      const own = variantIn(layer, fields, request, env);
      return own !== undefined && own === variantOf(fields, exchange.plan.request, env);
    };

    /** The store was asked in vain. */
    const without = (found: Found) => (found.broken ? { detail: 'storage' } : {});

    const onFailure = async (
      exchange: Exchange,
      outcome: Outcome & { kind: 'failure' },
      fwd: ForwardReason,
      context: Context,
    ): Promise<Response | undefined> => {
      const { key, subject, policy } = context;
      // The store is asked again: a purge may have come while the network was failing.
      const found = await lookup(request, key, subject);
      if (outcome.tile && isOvertaken(exchange, subject)) return undefined;
      const { status, reason } = outcome;
      if (standsIn(found, reason === 'status' && status !== undefined ? { status } : {}, policy)) {
        const detail = reason === 'status' ? 'stale-if-error' : reason;
        const entry: CacheStatusEntry = { fwd: 'stale', ...(status !== undefined && { fwdStatus: status }), detail };
        return fromStale(found, entry, context);
      }
      // Known to be cut, it ends as an error, as it would without a worker.
      if (outcome.tile && reason === 'cut') return fail({ fwd, fwdStatus: outcome.tile.status, detail: reason });
      if (outcome.tile) {
        const entry: CacheStatusEntry = {
          fwd,
          fwdStatus: outcome.tile.status,
          ...(reason !== 'status' && { detail: reason }),
        };
        return serve(
          outcome.tile,
          (outcome.tile.bytes ?? null) as BodyInit | null,
          labelOf(outcome.tile),
          'error',
          entry,
        );
      }
      return fail({ fwd, ...(status !== undefined && { fwdStatus: status }), detail: reason });
    };

    // Whatever breaks here, the map gets its tile from the network.
    const response = answer().catch(async (error: unknown) => {
      // But what changes something is never sent twice.
      if (!/^(GET|HEAD)$/.test(request.method)) throw error;
      return other.pass(request, 'bypass', 'error', await beneath());
    });
    const done = (async () => {
      await response.catch(() => {});
      turn?.();
      waiting?.end();
      for (let at = 0; at < behind.length; at += 1) await behind[at];
      await tools.settled();
    })();
    return { response, done };
  };
}
