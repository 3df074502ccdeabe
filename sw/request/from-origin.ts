import type { ForwardReason } from '../../src/shared/cache-status';
import { answersNotModified } from '../http/preconditions';
import type { Found } from '../lookup/found';
import type { Joined } from '../origin/flights';
import type { Outcome } from '../origin/outcome';
import { WAITED } from '../origin/patience';
import type { Decision } from '../policy/decide';
import { isPrefetch } from './is-prefetch';
import { serve } from './answer';
import { noteOutcome, tellOutcome, validateInBackground } from './background-validation';
import { showAfterPatience, showRightVersion } from './fallback';
import { hasMovedOn } from './moved-on';
import { answerFailure, isRefused, isUnanswered } from './on-failure';
import { pass } from './pass-through';
import { serveRange } from './range';
import { selectsSameVariant, labelOf, MISMATCH, withoutStore, variantBy } from './labels';
import { streamHead } from './stream-head';
import { inBackground, type RequestTools, type Task, waitOf } from './task';

/**
 * Answers from the origin. Resolves with undefined if a rule superseded the tile that came, or if it is another
 * variant: the caller looks again.
 */
export async function answerFromOrigin(
  tools: RequestTools,
  task: Task,
  found: Found,
  decision: Decision,
): Promise<Response | undefined> {
  const { flights, health } = tools;
  const { call, wanted } = task;
  const { request, policy, address } = wanted;
  const fallback = decision.kind === 'validate' && decision.fallback && found.stored !== undefined;
  const fwd = decision.kind === 'validate' || decision.kind === 'fetch' ? decision.fwd : 'miss';
  const wait = fallback ? waitOf(tools, task) : undefined;
  if (wait?.over) {
    if (health.mayProbe(address.layer.name, request.url))
      inBackground(call, validateInBackground(tools, task, found, 'stale'));
    return showAfterPatience(tools, task);
  }
  const ahead = isPrefetch(request);
  const joining = flights.join(wanted, found, {
    background: ahead,
    ahead,
    // A prefetch waits only until the tile is stored, and hears that it is; a page that joins reads the body as it
    // arrives.
    stream: !fallback && policy.range === null,
    apart: task.apart,
  });
  const joined = await (wait ? wait.race(joining) : joining);
  if (joined === WAITED) return showMeanwhile(tools, task, found, joining);
  if (!joined) return undefined;
  const { exchange } = joined;
  const noted = exchange.outcome.then((outcome) => noteOutcome(tools, task, outcome));
  inBackground(call, noted);
  const leave = flights.wait(exchange, request.signal, call.clientId);
  const streamed = joined.streams ? await streamHead(tools, task, found, joined, fwd) : undefined;
  if (streamed) {
    // This caller waits for the body: another caller that leaves must not end the request.
    void exchange.outcome.then(() => leave());
    return streamed;
  }
  exchange.hurry();
  const outcome = await (wait ? wait.race(exchange.outcome) : exchange.outcome);
  if (outcome !== WAITED) {
    leave();
    return answerOutcome(tools, task, found, joined, outcome, { fwd, fallback });
  }
  leave('goes on');
  return showMeanwhile(tools, task, found, joined, noted);
}

/** Shows the stored tile to the page, and tells the page the outcome at the origin later. */
async function showMeanwhile(
  tools: RequestTools,
  task: Task,
  found: Found,
  joining: Joined | Promise<Joined | undefined>,
  noted?: Promise<void>,
): Promise<Response | undefined> {
  const shown = await showAfterPatience(tools, task);
  if (!shown) return undefined;
  const answered = { status: 'stale', askedAt: task.call.startedAt } as const;
  const end = async () => {
    const joined = await joining;
    // The ledger moved on before the request left.
    if (!joined) return validateInBackground(tools, task, found, 'stale');
    await (noted ?? joined.exchange.outcome.then((outcome) => noteOutcome(tools, task, outcome)));
    await tellOutcome(tools, task, joined, answered);
  };
  inBackground(task.call, end());
  return shown;
}

async function answerOutcome(
  tools: RequestTools,
  task: Task,
  found: Found,
  joined: Joined,
  outcome: Outcome,
  { fwd, fallback }: { fwd: ForwardReason; fallback: boolean },
): Promise<Response | undefined> {
  const { exchange, leader } = joined;
  const { subject } = task.wanted;
  const isOver = () => hasMovedOn(tools.ledger, exchange.plan.state, subject);
  if (isOver()) return undefined;
  if (isUnanswered(outcome) && !leader && !fallback && !task.retried) {
    task.retried = true;
    return undefined;
  }
  const said = outcome.kind === 'tile' || isRefused(outcome) ? outcome.tile : undefined;
  if (!leader && said && !selectsSameVariant(tools, task, said, exchange)) {
    task.apart = task.apart === undefined ? variantBy(tools, task, said) : '';
    return undefined;
  }
  if (outcome.kind === 'failure') return answerFailure(tools, task, exchange, outcome, fwd);
  const { tile } = outcome;
  // The worker does not hold so large a body, so this request needs an answer of its own.
  if (!tile.bytes && !tile.response) return pass(tools, task.call, { fwd }, 'no-cache');
  const wrong = tools.mismatches.isWrong(subject, tile);
  if (wrong) {
    const fwdStatus = outcome.notModified ? 304 : tile.status;
    const instead = await showRightVersion(tools, task, { fwd, fwdStatus, detail: MISMATCH.detail });
    if (instead !== 'itself') return instead;
    // A purge may have come while the store was looked at.
    if (isOver()) return undefined;
  }
  return serveOutcome(tools, task, found, joined, outcome, fwd, wrong);
}

/**
 * Answers with the tile that the origin has sent or confirmed. Resolves with undefined if a rule superseded it while
 * its body was read.
 */
async function serveOutcome(
  tools: RequestTools,
  { call, wanted }: Task,
  found: Found,
  { exchange, leader }: Joined,
  { tile, notModified, stored }: Outcome & { kind: 'tile' },
  fwd: ForwardReason,
  wrong: boolean,
): Promise<Response | undefined> {
  const { policy, subject } = wanted;
  const entry = {
    fwd,
    fwdStatus: notModified ? 304 : tile.status,
    stored,
    collapsed: !leader,
    ...withoutStore(found),
    ...(wrong && MISMATCH),
  };
  const status = wrong ? 'stale' : notModified ? 'revalidated' : 'miss';
  const label = labelOf(tools, wanted, tile);
  if (policy.range !== null && !answersNotModified(policy, tile)) {
    const part = await serveRange(tools, policy, found.place, tile, (part, body) =>
      serve(tools, call, { tile: part, body, label, status, entry }),
    );
    return hasMovedOn(tools.ledger, exchange.plan.state, subject) ? undefined : part;
  }
  const response = tile.response?.clone();
  const body = response ? response.body : (tile.bytes ?? null);
  return serve(tools, call, { tile: response ? { ...tile, response } : tile, body, label, status, entry }, policy);
}
