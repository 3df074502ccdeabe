import type { TileStatus } from '../../src/shared/tile-use';
import type { Found } from '../lookup/found';
import type { Outcome } from '../origin/outcome';
import { reportValidation } from './answer';
import type { RequestTools, Task } from './task';

/** Asks the origin behind an answer, and tells the page how that ended. `status`: what was answered. */
export async function validateInBackground(
  tools: RequestTools,
  task: Task,
  found: Found,
  status: TileStatus,
): Promise<void> {
  const { now, pages } = tools;
  await tools.jitter();
  const askedAt = now();
  const joined = await joinStill(tools, task, found);
  if (!joined) return;
  const outcome = await joined.exchange.outcome;
  noteOutcome(tools, task, outcome);
  const failed = outcome.kind === 'failure';
  if (failed && wasGivenUp(outcome)) return;
  if (joined.leader) reportValidation(tools, task.call, { status, duration: now() - askedAt, failed });
  const layer = task.wanted.address.layer.name;
  if (failed) await pages.notice({ notice: 'validationfailed', layer, detail: outcome.reason });
}

/**
 * The ledger may have moved on since, were it only that a version was confirmed. A validation that is left out for that
 * leaves the tile stale, and a layer whose probe it was dead. Undefined: somebody else has seen to the tile.
 */
async function joinStill({ flights, lookup }: RequestTools, { wanted }: Task, found: Found) {
  const joined = await flights.join(wanted, found, { background: true });
  if (joined) return joined;
  const again = await lookup(wanted);
  const isSame = again.stored?.tile.responseAt === found.stored?.tile.responseAt;
  return isSame ? flights.join(wanted, again, { background: true }) : undefined;
}

/** What the origin said may be of another version than the one in force. */
export function noteOutcome({ mismatches }: RequestTools, { wanted }: Task, outcome: Outcome): void {
  if (!wanted.policy.noStore) mismatches.heard(wanted, outcome);
}

/** Given up, not answered: nobody waited any more. */
export const wasGivenUp = ({ reason }: Outcome & { kind: 'failure' }): boolean => /^(dropped|aborted)$/.test(reason);
