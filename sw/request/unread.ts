// Storage that takes longer than its deadline while the network brings nothing either: then, and only then, it is waited
// for. A device that boots without a network reads its databases from a slow disk.
import type { Found } from '../lookup/found';
import { isFailure } from '../policy/decide';
import { pass } from './pass-through';
import type { Call, RequestTools, Task } from './task';

export const isSafe = ({ method }: Request) => method === 'GET' || method === 'HEAD';

/**
 * The network's answer where there is no ledger (P8: nothing stored may be trusted, and nothing is stored). Undefined: it
 * failed, and the ledger has come meanwhile.
 */
export async function passUnread(tools: RequestTools, call: Call): Promise<Response | undefined> {
  const { request } = call;
  const passing = pass(tools, call, { fwd: 'bypass', detail: 'storage' });
  // What changes something is never sent twice.
  if (!isSafe(request)) return passing;
  const passed = await passing.catch(() => undefined);
  if ((passed && !isFailure(passed.status)) || (await tools.isForbidden(request.url))) return passing;
  if (!(await tools.ledger.load('patiently'))) return passing;
  again(call, passed);
  return undefined;
}

/** What the network answers where the store could not be read. Undefined: it failed, look again patiently. */
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

function again(call: Call, unread: Response | undefined): void {
  void unread?.body?.cancel().catch(() => {});
  delete call.failed;
}
