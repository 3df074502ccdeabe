import { retryAfter } from '../../src/shared/retry-after';
import { conditionalHeaders } from '../http/validators';
import { isFailure } from '../policy/decide';
import type { Tile } from '../store/tile-store';
import type { Answer, Asking } from './asking';
import { evidence, tokenIn } from './evidence';
import type { ExchangePlan } from './exchange-plan';
import { tileOf } from './network';
import type { Outcome } from './outcome';
import { freshen, takeBody, takeOpaque } from './take-answer';

/**
 * Asks the origin, with the validators of the candidates, and freshens or stores the answer. Rejects when no answer
 * comes, or only part of one. Holds the slot at the origin until the body is read, and frees it before it asks for
 * anything else.
 */
export async function askOrigin(
  asking: Asking,
  candidates: Tile[] = asking.plan.unconditional ? [] : asking.plan.candidates,
  cache: ExchangePlan['cacheMode'] = asking.plan.cacheMode,
): Promise<Outcome> {
  let free: () => void = () => {};
  const until = new Promise<void>((resolve) => (free = resolve));
  try {
    const answer = await send(asking, candidates, cache, until);
    if (answer.response.type === 'opaque') return await takeOpaque(asking, answer);
    if (answer.response.status !== 304) {
      const { version } = answer.tile.meta;
      if (version) asking.labels.set(asking.plan.address.layer, version);
      return await takeBody(asking, answer, free);
    }
    free();
    const outcome = await freshen(asking, answer, candidates);
    if (outcome) return outcome;
    // The 304 matches no stored tile, or hides its version: fetch the whole (RFC 9111 section 4.3.3), past the HTTP cache.
    if (candidates.length === 0) return { kind: 'failure', reason: 'unasked 304', status: 304 };
    return await askOrigin(asking, [], cache === 'no-store' ? cache : 'reload');
  } finally {
    free();
  }
}

/** Sends the request, and learns from the head of the answer about the origin, its data and our clock. */
async function send(
  { plan, network, health, skew, now, watch, controller }: Asking,
  named: readonly Tile[],
  cache: ExchangePlan['cacheMode'],
  until: Promise<void>,
): Promise<Answer> {
  const { address, state, request } = plan;
  const conditional = named.length > 0 ? conditionalHeaders(named) : {};
  let requestAt = now();
  const response = await network({
    request,
    address,
    conditional: Object.keys(conditional).length > 0 ? conditional : undefined,
    known: plan.readable,
    cache,
    urgency: plan.urgency,
    until,
    // The wait for a free slot does not count towards the response's age.
    sent: () => {
      requestAt = now();
      watch.begin();
    },
    signal: controller.signal,
    giveWay: () => controller.abort(),
  });
  const responseAt = now();
  const { status, headers } = response;
  if (isFailure(status))
    health.failed(address.layer.name, 'status', request.url, retryAfter(headers, responseAt), tileOf(address, request));
  else health.answered(address.layer.name, request.url);
  const clockAhead = skew.ahead(headers, responseAt, cache !== 'default' || status === 304);
  const meta = {
    requestAt,
    responseAt,
    ...(clockAhead && { clockAhead }),
    ledger: state.id,
    epoch: state.epoch,
    version: evidence(headers, address),
    variant: '',
    group: '',
    token: tokenIn(plan, { status, headers, requestAt, responseAt }, named),
  };
  return { response, tile: { status, headers, requestAt, responseAt, meta, ...(clockAhead && { clockAhead }) } };
}
