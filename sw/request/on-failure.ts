import type { CacheStatusEntry, ForwardReason } from '../../src/shared/cache-status';
import type { Exchange } from '../origin/exchange';
import type { Outcome } from '../origin/outcome';
import { fail, serve } from './answer';
import { wasGivenUp } from './background-validation';
import { mayStandIn, showInstead } from './fallback';
import { hasMovedOn } from './moved-on';
import { letBrowserLoad } from './left-alone';
import { labelOf } from './labels';
import type { RequestTools, Task } from './task';

type Failure = Outcome & { kind: 'failure' };

/**
 * Answers with the stored tile if it may stand in, else with the origin's answer, else with 504. Resolves with
 * undefined if a rule superseded the answer: the caller looks again.
 */
export async function answerFailure(
  tools: RequestTools,
  task: Task,
  exchange: Exchange,
  { tile, status, reason }: Failure,
  fwd: ForwardReason,
): Promise<Response | undefined> {
  const { call, wanted } = task;
  // Ask the store again: a purge may have come while the network was failing, or a disk that was busy may not be any
  // more.
  const found = await tools.lookup(wanted, 'patiently');
  if (tile && hasMovedOn(tools.ledger, exchange.plan.state, wanted.subject)) return undefined;
  const byStatus = reason === 'status';
  const detail = reason === 'status' ? 'stale-if-error' : reason;
  const fwdStatus = status !== undefined ? { fwdStatus: status } : {};
  const gone = reason === 'network' || (reason === 'timeout' && tools.health.dead(wanted.address.layer.name));
  if (mayStandIn(tools, task, found, byStatus && status !== undefined ? { status } : { gone })) {
    const entry: CacheStatusEntry = { fwd: 'stale', ...fwdStatus, detail };
    return showInstead(tools, task, found, entry);
  }
  // The browser may load the tile although the worker may not: it asks once more, and the worker then leaves it alone.
  if (reason === 'forbidden') return letBrowserLoad(call.request);
  if (!tile) return fail(tools, call, { fwd, ...fwdStatus, detail });
  // A body known to be cut off ends as an error, as it would without a worker.
  if (reason === 'cut') return fail(tools, call, { fwd, fwdStatus: tile.status, detail });
  const entry: CacheStatusEntry = { fwd, fwdStatus: tile.status, ...(!byStatus && { detail }) };
  const response = tile.response?.clone();
  return serve(tools, call, {
    tile: response ? { ...tile, response } : tile,
    body: tile.bytes ?? null,
    label: labelOf(tools, wanted, tile),
    status: 'error',
    entry,
  });
}

/** True if a body came that is no tile. */
export const isRefused = (outcome: Outcome): boolean =>
  outcome.kind === 'failure' && outcome.tile !== undefined && outcome.reason !== 'status';

/** True if no answer came from the origin: perhaps only the leader's connection failed, so a follower asks itself. */
export const isUnanswered = (outcome: Outcome): boolean =>
  outcome.kind === 'failure' &&
  outcome.status === undefined &&
  outcome.tile === undefined &&
  outcome.reason !== 'forbidden' &&
  !wasGivenUp(outcome);
