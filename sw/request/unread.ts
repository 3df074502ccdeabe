// The worker waits for storage that exceeds its deadline only when the network brings nothing either. A device that
// boots without a network reads its databases from a slow disk.
import type { LedgerState } from '../ledger/state';
import type { Found } from '../lookup/found';
import { isFailure } from '../policy/decide';
import { pass } from './pass-through';
import type { Call, RequestTools, Task } from './task';

export const isSafe = ({ method }: Request) => method === 'GET' || method === 'HEAD';

/**
 * Answers from the network while there is no ledger (P8: trust nothing stored, and store nothing). Resolves with
 * the ledger's state if the network failed and the ledger has come meanwhile.
 */
export async function passUnread(tools: RequestTools, call: Call): Promise<Response | LedgerState> {
  const { request } = call;
  const passing = pass(tools, call, { fwd: 'bypass', detail: 'storage' });
  // Never send an unsafe request twice.
  if (!isSafe(request)) return passing;
  const passed = await passing.catch(() => undefined);
  if ((passed && !isFailure(passed.status)) || (await tools.isForbidden(request.url))) return passing;
  const state = await tools.ledger.load('patiently');
  if (!state) return passing;
  again(call, passed);
  return state;
}

/**
 * Resolves with the network's answer if the store could not be read. Resolves with undefined if the network failed: the
 * caller looks again, patiently.
 */
export async function unlessUnread(
  task: Task,
  found: Found,
  answering: Promise<Response | undefined>,
): Promise<Response | undefined> {
  if (!found.broken || task.patiently) return answering;
  const answered = await answering.catch(() => 'failed' as const);
  if (answered !== 'failed' && !(answered && isFailure(answered.status))) return answered;
  task.patiently = 'patiently';
  again(task.call, answered === 'failed' ? undefined : answered);
  return undefined;
}

/** Prepares the call for a second answer, and drops the first one, which nobody reads. */
function again(call: Call, unread: Response | undefined): void {
  void unread?.body?.cancel().catch(() => {});
  delete call.failed;
}
