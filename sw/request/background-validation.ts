import type { TileStatus } from '../../src/shared/tile-use';
import { currentAge, freshnessLifetime, isAgeKnown } from '../http/freshness';
import { saysNothing } from '../http/statuses';
import type { Found } from '../lookup/found';
import type { Joined } from '../origin/flights';
import type { Outcome } from '../origin/outcome';
import { reportValidation, sizeOf } from './answer';
import { labelOf } from './labels';
import type { RequestTools, Task } from './task';

/** The answer that the page got meanwhile. */
export interface Answered {
  status: TileStatus;
  /** Epoch milliseconds at which the worker began to ask the origin. */
  askedAt: number;
}

/** Asks the origin behind an answer, and tells the page the outcome. `status` is the status of that answer. */
export async function validateInBackground(
  tools: RequestTools,
  task: Task,
  found: Found,
  status: TileStatus,
): Promise<void> {
  await tools.jitter();
  const answered = { status, askedAt: tools.now() };
  const joined = await joinStill(tools, task, found);
  if (!joined) return;
  noteOutcome(tools, task, await joined.exchange.outcome);
  await tellOutcome(tools, task, joined, answered);
}

/**
 * Tells the page the outcome of an exchange that its answer did not wait for: an origin that confirms a tile sends no
 * bytes, and no other message says that the tile on the map is right.
 */
export async function tellOutcome(
  tools: RequestTools,
  task: Task,
  { exchange, leader }: Joined,
  { status, askedAt }: Answered,
): Promise<void> {
  const outcome = await exchange.outcome;
  if (outcome.kind === 'failure' && wasGivenUp(outcome)) return;
  // A request to log in confirms nothing: the tile on the map stays as doubtful as it was.
  const failed = outcome.kind === 'failure' || saysNothing(outcome.tile.status);
  reportValidation(tools, task.call, {
    status,
    duration: tools.now() - askedAt,
    failed,
    ...(!leader && { collapsed: true }),
    ...sentBy(outcome),
    ...(!failed && confirmedFacts(tools, task, outcome)),
  });
  const layer = task.wanted.address.layer.name;
  if (!failed) return;
  const detail = outcome.kind === 'failure' ? outcome.reason : 'status';
  await tools.pages.notice({ notice: 'validationfailed', layer, detail });
}

/** Returns how many bytes came over the network; nothing for a 304, or if that is unknown. */
function sentBy(outcome: Outcome): { bytes?: number } {
  const { tile } = outcome;
  if (!tile || (outcome.kind === 'tile' && outcome.notModified)) return {};
  const bytes = sizeOf(tile) ?? tile.bytes?.byteLength;
  return bytes ? { bytes } : {};
}

/**
 * Returns age and version of the tile on the page. It names the version only if that is the one that the shown bytes
 * were confirmed for; `TILES_UPDATED` tells the page of others.
 */
function confirmedFacts(tools: RequestTools, { wanted }: Task, { tile, same }: Outcome & { kind: 'tile' }) {
  const at = tools.now();
  const age = currentAge(tile, at);
  const version = labelOf(tools, wanted, tile);
  return {
    age: Math.floor(age),
    ttl: Math.floor(freshnessLifetime(tile, wanted.address.layer).lifetime - age),
    ...(same && version && { version }),
    ...(!isAgeKnown(tile, at) && { ageUnknown: true as const }),
  };
}

/**
 * Joins the exchange although the ledger may have moved on since, if only because a version was confirmed. Without the
 * validation the tile would stay stale, and the layer dead if this was its probe. Resolves with undefined if another
 * request has already renewed the tile.
 */
async function joinStill({ flights, lookup }: RequestTools, { wanted }: Task, found: Found) {
  const joined = await flights.join(wanted, found, { background: true });
  if (joined) return joined;
  const again = await lookup(wanted);
  const isSame = again.stored?.tile.responseAt === found.stored?.tile.responseAt;
  return isSame ? flights.join(wanted, again, { background: true }) : undefined;
}

/** Notes the outcome: the origin's answer may be of another version than the one in force. */
export function noteOutcome({ mismatches }: RequestTools, { wanted }: Task, outcome: Outcome): void {
  if (!wanted.policy.noStore) mismatches.heard(wanted, outcome);
}

/** True if the exchange ended because nobody waited for it any more. */
export const wasGivenUp = ({ reason }: Outcome & { kind: 'failure' }): boolean => /^(dropped|aborted)$/.test(reason);
