import { type RequestPolicy, requestPolicy } from '../http/request-directives';
import type { Found } from '../lookup/found';
import { want, type Wanted } from '../lookup/wanted';
import { type Decision, decide } from '../policy/decide';
import { answerHead } from './head';
import { fail } from './answer';
import { letBrowserLoad } from './left-alone';
import { answerFromOrigin } from './from-origin';
import { answerFromStore } from './from-store';
import { pass, passPart, passUnsafe } from './pass-through';
import { type Call, finish, type RequestTools, type Task, type TileRequest } from './task';
import { isSafe, passUnread, unlessUnread } from './unread';

export type { TileRequest } from './task';

/** The answer, and the work behind it. */
export interface Handled {
  /** The answer. Rejects only when there is neither store nor network. */
  response: Promise<Response>;
  /** Resolves when all work behind the answer is done. Never rejects. */
  done: Promise<void>;
}

export type TileHandler = (request: TileRequest) => Handled;

/** The most times that one request looks up and decides, while rules keep superseding its answers. */
const MAX_ROUNDS = 10;

/** Creates the one orchestrator: look up, decide, fetch, respond. */
export function createTileHandler(tools: RequestTools): TileHandler {
  return (asked) => {
    const call: Call = { ...asked, startedAt: tools.now(), background: [] };
    // Whatever breaks here, the map gets its tile from the network.
    const response = answer(tools, call).catch(async (error: unknown) => {
      // The browser may load the tile although the worker may not: nothing has been sent yet, so the browser asks once
      // more.
      if (await tools.isForbidden(call.request.url)) return letBrowserLoad(call.request);
      // Never send an unsafe request twice; a request that has failed needs no second failure.
      if (call.failed || !isSafe(call.request)) throw error;
      return pass(tools, call, { fwd: 'bypass', detail: 'error' });
    });
    return { response, done: finish(call, response, tools.settled) };
  };
}

async function answer(tools: RequestTools, call: Call): Promise<Response> {
  const { ledger, digest } = tools;
  const { request, address } = call;
  const state = ledger.state ?? (await ledger.load()) ?? (await passUnread(tools, call));
  if (state instanceof Response) return state;
  if (!isSafe(request)) return passUnsafe(tools, call);
  const wanted = want(digest, state, request, address, requestPolicy(request));
  const task: Task = {
    call,
    wanted: wanted instanceof Promise ? await wanted : wanted,
    retried: false,
  };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (round > 0) call.endTurn ??= tools.takeTurn();
    const found = await tools.lookup(task.wanted, task.patiently);
    const decision = decideOn(tools, task.wanted, found);
    call.why = decision.why;
    const response = await answerOnce(tools, task, found, decision);
    if (response) return response;
  }
  return fail(tools, call, { fwd: 'miss', detail: 'superseded' });
}

/**
 * Answers by one look at the store. Resolves with undefined if the ledger moved on meanwhile, so that the decision no
 * longer holds.
 */
function answerOnce(
  tools: RequestTools,
  task: Task,
  found: Found,
  decision: Decision,
): Response | undefined | Promise<Response | undefined> {
  const { call, wanted } = task;
  const { policy, request } = wanted;
  if (decision.kind === 'unsatisfiable') return fail(tools, call, { detail: 'only-if-cached' });
  // A request that does not follow redirects gets no answer that came through one.
  const follows = request.redirect === 'follow' || request.mode === 'navigate';
  if (!follows && (decision.kind !== 'respond' || found.stored?.tile.url !== undefined))
    return pass(tools, call, { fwd: 'bypass' });
  if (decision.kind === 'respond' && found.stored) return answerFromStore(tools, task, found, found.stored, decision);
  if (policy.bypass) return pass(tools, call, { fwd: 'bypass' }, 'as asked');
  if (policy.method === 'HEAD') return unlessUnread(task, found, answerHead(tools, task, found));
  if (policy.range !== null && decision.kind === 'fetch')
    return unlessUnread(task, found, passPart(tools, task, found, decision.fwd));
  return answerFromOrigin(tools, task, found, decision);
}

/** Decides what a lookup's result means for its request. */
export function decideOn(
  { health, now }: Pick<RequestTools, 'health' | 'now'>,
  wanted: Wanted,
  found: Found,
): Decision {
  const { layer } = wanted.address;
  const verdict = found.stored?.verdict;
  const policy: RequestPolicy = wanted.policy;
  const decision = decide({
    stored: found.stored?.tile,
    request: policy,
    layer,
    now: now(),
    rule: verdict?.rule ?? 'none',
    by: verdict?.by,
    confirmed: verdict?.confirmed,
    disconnected: health.dead(layer.name),
    otherVariants: found.otherVariants,
    unsureVariant: found.unsureVariant,
  });
  // An older version that the layer shows at once is stale, even if its own headers say that it is fresh.
  if (decision.kind === 'respond' && verdict?.otherVersion)
    return { ...decision, why: 'other-version', stale: true, validate: true, ttl: Math.min(decision.ttl, 0) };
  return decision;
}
