import type { CacheStatusEntry, ForwardStatus } from '../../src/shared/cache-status';
import type { Found } from '../lookup/found';
import { mayServeOnError } from '../policy/decide';
import { fail } from './answer';
import { showStored } from './from-store';
import type { RequestTools, Task } from './task';

/**
 * True if the stored tile may be shown although the origin has not confirmed it. `status` is the origin's failure;
 * `gone` means that there was no network.
 */
export function mayStandIn(
  { now }: RequestTools,
  { wanted }: Task,
  { stored, unsureVariant }: Found,
  failure: { status?: number; gone?: boolean },
): boolean {
  const { policy, address } = wanted;
  if (!stored || unsureVariant || policy.bypass || policy.reload) return false;
  return mayServeOnError(stored.tile, address.layer, now(), failure, policy, stored.verdict);
}

/**
 * Answers with the tile stored by now in place of the failed answer. Resolves with undefined if there is none: a purge
 * may have come while the network was failing.
 */
export function showInstead(
  tools: RequestTools,
  task: Task,
  found: Found,
  entry: CacheStatusEntry,
): Response | Promise<Response | undefined> | undefined {
  return found.stored && showStored(tools, task, found, found.stored, 'stale', entry);
}

/**
 * Answers with the stored tile, because the page has waited long enough. Resolves with undefined if a rule has come
 * meanwhile: the caller looks again.
 */
export async function showAfterPatience(tools: RequestTools, task: Task): Promise<Response | undefined> {
  const found = await tools.lookup(task.wanted);
  if (!mayStandIn(tools, task, found, {})) return undefined;
  return showInstead(tools, task, found, { fwd: 'stale', detail: 'patience' });
}

/**
 * Answers in place of an origin's tile of another version: with the stored tile of the version in force, or, under
 * `versionPolicy: 'discard'`, with 504. Resolves with `'itself'` if the origin's tile is the best answer, and with
 * undefined if the ledger moved on while the stored tile was read.
 */
export async function showRightVersion(
  tools: RequestTools,
  task: Task,
  entry: ForwardStatus,
): Promise<'itself' | Response | undefined> {
  const { wanted, call } = task;
  const found = await tools.lookup(wanted);
  const { stored } = found;
  const right =
    stored?.tile.meta.version &&
    !stored.verdict.otherVersion &&
    !tools.mismatches.isWrong(wanted.subject, stored.tile) &&
    mayStandIn(tools, task, found, {});
  // Another request may have stored the right tile since this one found nothing: show the stored one.
  if (right) return showInstead(tools, task, found, { ...entry, fwd: 'stale' });
  return wanted.address.layer.versionPolicy === 'discard' ? fail(tools, call, entry) : 'itself';
}
