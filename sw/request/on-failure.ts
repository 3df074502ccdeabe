import type { CacheStatusEntry, ForwardReason } from '../../src/shared/cache-status';
import type { Exchange } from '../origin/exchange';
import type { Outcome } from '../origin/outcome';
import { fail, serve } from './answer';
import { wasGivenUp } from './background-validation';
import { mayStandIn, showInstead } from './fallback';
import { hasMovedOn } from './moved-on';
import { letBrowserLoad } from './left-alone';
import { labelOf } from './said';
import type { RequestTools, Task } from './task';

type Failure = Outcome & { kind: 'failure' };

/** What is stored where it may stand in, else what the origin said, else 504. Undefined: superseded, look again. */
export async function answerFailure(
  tools: RequestTools,
  task: Task,
  exchange: Exchange,
  { tile, status, reason }: Failure,
  fwd: ForwardReason,
): Promise<Response | undefined> {
  const { call, wanted } = task;
  // The store is asked again: a purge may have come while the network was failing, or a disk that was busy is not any more.
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
  // The browser may load it although the worker may not: it asks once more, and is then left alone.
  if (reason === 'forbidden') return letBrowserLoad(call.request);
  if (!tile) return fail(tools, call, { fwd, ...fwdStatus, detail });
  // Known to be cut, it ends as an error, as it would without a worker.
  if (reason === 'cut') return fail(tools, call, { fwd, fwdStatus: tile.status, detail });
  const entry: CacheStatusEntry = { fwd, fwdStatus: tile.status, ...(!byStatus && { detail }) };
  return serve(tools, call, {
    tile,
    body: tile.bytes ?? null,
    label: labelOf(tools, wanted, tile),
    status: 'error',
    entry,
  });
}

/** A body came and is no tile. */
export const isRefused = (outcome: Outcome): boolean =>
  outcome.kind === 'failure' && outcome.tile !== undefined && outcome.reason !== 'status';

/** The origin has said nothing: it may be the leader's connection and no other's. */
export const isNobodys = (outcome: Outcome): boolean =>
  outcome.kind === 'failure' &&
  outcome.status === undefined &&
  outcome.tile === undefined &&
  outcome.reason !== 'forbidden' &&
  !wasGivenUp(outcome);
