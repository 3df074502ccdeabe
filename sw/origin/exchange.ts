import { retryAfter } from '../../src/shared/retry-after';
import type { Outcome } from './outcome';
import type { ExchangePlan } from './exchange-plan';
import { type Network, NetworkFailure } from './network';
import type { NetworkHealth } from './health';
import { isFailure } from '../policy/decide';
import { saysNothing } from '../http/statuses';
import { evidence, provenBy304 } from './evidence';
import { BodyStalled } from './read-body';
import { type Head, readBody } from './response-body';
import { watchUnwanted } from './unwanted';
import type { ClockSkew } from '../http/clock-skew';
import type { Timers } from '../util/deadline';
import type { StoredBytes } from '../store/stored-bytes';
import type { Patience } from './patience';
import { createKeeping } from './keeping';
import type { TileWriter } from './tile-writer';
import type { WriteBehind } from './write-behind';
import { refusalOf } from './refusal';
import type { Tile } from '../store/tile-store';
import { conditionalHeaders, freshenHeaders, selectedBy304 } from '../http/validators';

/** One request to the origin and all that wait for it. */
export interface Exchange {
  readonly plan: ExchangePlan;
  /** The head has come and the body streams, or is there: for the one who asked for it. Undefined: wait for `outcome`. */
  readonly head: Promise<Head | undefined>;
  /** After the body is whole and stored. Never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Nobody waits any more. */
  abort(): void;
  /** It was aborted, or has failed: nothing will come of it. */
  readonly over: boolean;
  /** The bytes must not be kept: the URL was changed by an unsafe method meanwhile. */
  discard(): void;
  /** The tile is whole and has gone to the page; it is not stored yet. */
  readonly held: boolean;
  /** Somebody waits for the outcome: it is stored at once. */
  hurry(): void;
}

export interface ExchangeTools {
  network: Network;
  health: NetworkHealth;
  writer: TileWriter;
  behind: WriteBehind;
  patience: Pick<Patience, 'answered'>;
  bytesOf: StoredBytes;
  /** A body has come and is no tile; why. */
  onRefused: (plan: ExchangePlan, reason: string) => void;
  now: () => number;
  skew: ClockSkew;
  timers: Timers;
}

/** Asks the origin, freshens or stores what comes, and tells both when the head and when the whole is there. */
export function startExchange(plan: ExchangePlan, tools: ExchangeTools): Exchange {
  const { network, health, patience, bytesOf, onRefused, now, skew, timers } = tools;
  const controller = new AbortController();
  const watch = watchUnwanted(plan.urgency, () => controller.abort(), timers);
  const keeping = createKeeping(plan, tools);
  let tellHead: (head: Head | undefined) => void = () => {};
  const head = new Promise<Head | undefined>((resolve) => (tellHead = resolve));
  const { address, state, request } = plan;
  const { layer } = address;

  /** The slot at the origin is held until the body is read, and free before anything else is asked for. */
  const ask = async (candidates: Tile[], cache: ExchangePlan['cacheMode']): Promise<Outcome> => {
    let over: () => void = () => {};
    const until = new Promise<void>((resolve) => (over = resolve));
    try {
      return await askHolding(candidates, cache, until, over);
    } finally {
      over();
    }
  };

  const askHolding = async (
    candidates: Tile[],
    cache: ExchangePlan['cacheMode'],
    until: Promise<void>,
    over: () => void,
  ): Promise<Outcome> => {
    let requestAt = now();
    const conditional = candidates.length > 0 ? conditionalHeaders(candidates) : undefined;
    const response = await network({
      request,
      address,
      conditional: conditional && Object.keys(conditional).length > 0 ? conditional : undefined,
      cache,
      urgency: plan.urgency,
      until,
      // The wait for a free slot is no part of the response's age.
      sent: () => {
        requestAt = now();
        watch.begin();
      },
      signal: controller.signal,
      giveWay: () => controller.abort(),
    });
    const responseAt = now();
    const { status, headers, type } = response;
    if (isFailure(status)) health.failed(layer.name, 'status', request.url, retryAfter(headers, responseAt));
    else health.answered(layer.name, request.url);
    const clockAhead = skew.ahead(headers, responseAt, cache !== 'default' || response.status === 304);
    const meta = {
      requestAt,
      responseAt,
      ...(clockAhead && { clockAhead }),
      ledger: state.id,
      epoch: state.epoch,
      version: evidence(headers, address),
      variant: '',
      group: '',
      token: address.token,
    };

    if (status === 304) {
      over();
      patience.answered(request.url);
      const selected = selectedBy304(headers, candidates) as Tile | undefined;
      const bytes = selected && (await bytesOf(plan, selected));
      // It speaks of none that we have: fetch the whole (RFC 9111 section 4.3.3), past the HTTP cache.
      if (!selected || !bytes)
        return candidates.length > 0
          ? ask([], cache === 'no-store' ? cache : 'reload')
          : { kind: 'failure', reason: 'unasked 304', status };
      const { url } = selected;
      const tile: Tile = {
        status: selected.status,
        headers: freshenHeaders(selected.headers, headers),
        requestAt,
        responseAt,
        ...(clockAhead && { clockAhead }),
        bytes,
        meta: { ...meta, version: provenBy304(plan, meta.version, selected) },
        ...(url !== undefined && { url }),
      };
      const stored = (await keeping.store(tile, 'freshened')) !== 'no';
      return { kind: 'tile', tile, notModified: true, stored, same: true };
    }

    const tile: Tile = { status, headers, requestAt, responseAt, meta, ...(clockAhead && { clockAhead }) };
    if (response.redirected) tile.url = response.url;
    if (type === 'opaque') {
      patience.answered(request.url);
      tile.response = response.clone();
      const stored = (await keeping.store({ ...tile, response }, 'new')) !== 'no';
      return { kind: 'tile', tile, notModified: false, stored, same: false };
    }
    const streams = plan.stream && !isFailure(status);
    const reading = { stall: layer.timeout, timers, tellHead: streams ? tellHead : undefined };
    const bytes = await readBody(response, tile, reading);
    over();
    if (bytes) {
      tile.bytes = bytes;
      const refusal = refusalOf(plan, tile, type);
      const reason = refusal instanceof Promise ? await refusal : refusal;
      if (reason) onRefused(plan, reason);
      if (reason) return { kind: 'failure', reason, tile };
    }
    patience.answered(request.url);
    if (isFailure(status)) {
      const stored = bytes !== undefined && (await keeping.store(tile, 'error')) !== 'no';
      return {
        kind: 'failure',
        reason: 'status',
        status,
        tile: stored || bytes ? tile : { ...tile, bytes: new Uint8Array() },
      };
    }
    const kind = saysNothing(status) ? 'error' : 'new';
    keeping.came();
    watch.end();
    const written = bytes ? await keeping.store(tile, kind) : 'no';
    return { kind: 'tile', tile, notModified: false, stored: written !== 'no', same: written === 'same' };
  };

  const outcome = ask(plan.unconditional ? [] : plan.candidates, plan.cacheMode)
    .catch((error: unknown): Outcome => {
      // The page that reads the other branch of a body must not wait for what we have given up.
      controller.abort();
      if (watch.gaveUp) return { kind: 'failure', reason: 'timeout' };
      if (error instanceof NetworkFailure) return { kind: 'failure', reason: error.reason };
      return { kind: 'failure', reason: error instanceof BodyStalled ? 'timeout' : 'cut off' };
    })
    .finally(() => {
      keeping.came();
      watch.end();
      tellHead(undefined);
    });

  return {
    plan,
    head,
    outcome,
    abort: () => controller.abort(),
    get over() {
      return controller.signal.aborted;
    },
    discard: keeping.discard,
    get held() {
      return keeping.held;
    },
    hurry: keeping.hurry,
  };
}
