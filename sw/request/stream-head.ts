import type { ForwardReason } from '../../src/shared/cache-status';
import type { Found } from '../lookup/found';
import type { Joined } from '../origin/flights';
import { reportValidation, serve } from './answer';
import { hasMovedOn } from './moved-on';
import { isRefused } from './on-failure';
import { selectsSameVariant, labelOf, MISMATCH, withoutStore } from './labels';
import { inBackground, type RequestTools, type Task } from './task';

/**
 * Answers as soon as the head has come, while the body still arrives. Resolves with undefined if the page has to wait
 * for the whole body, or must not see this answer.
 */
export async function streamHead(
  tools: RequestTools,
  task: Task,
  found: Found,
  { exchange, leader }: Joined,
  fwd: ForwardReason,
): Promise<Response | undefined> {
  const { call, wanted } = task;
  const { subject, policy } = wanted;
  const head = await exchange.head;
  if (!head || hasMovedOn(tools.ledger, exchange.plan.state, subject)) return undefined;
  const { tile, body, finished } = head;
  if (!leader && !selectsSameVariant(tools, task, tile, exchange)) return void body.cancel();
  const wrong = tools.mismatches.isWrong(subject, tile);
  if (wrong && subject.layer.versionPolicy === 'discard') return undefined;
  // The entry cannot say `stored` yet: the head goes out before the body has come and is stored.
  const entry = { fwd, fwdStatus: tile.status, collapsed: !leader, ...withoutStore(found), ...(wrong && MISMATCH) };
  inBackground(call, finished);
  // The answer was counted before its body had come.
  const counted = exchange.outcome.then((outcome) => {
    if (isRefused(outcome)) reportValidation(tools, call, { status: 'miss', duration: 0, failed: true });
  });
  inBackground(call, counted);
  const label = labelOf(tools, wanted, tile);
  return serve(tools, call, { tile, body, label, status: wrong ? 'stale' : 'miss', entry }, policy);
}
