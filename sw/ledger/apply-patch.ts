import type { LedgerPatch, LedgerState } from './state';
import { withinRoom } from './room';

const MAX_IDS = 128;
const MAX_CLEARED = 256;

/** Returns the state after a patch. Throws `LIMIT_EXCEEDED` if the patch adds more layers than a ledger may have. */
export function applyPatch(before: LedgerState, patch: LedgerPatch<unknown>): LedgerState {
  const layers = new Map(before.layers);
  for (const layer of patch.forget ?? []) layers.delete(layer);
  for (const record of patch.records) layers.set(record.layer, record);
  withinRoom(layers);
  const ids = patch.remember ? [...before.ids, patch.remember].slice(-MAX_IDS) : before.ids;
  let cleared = before.cleared;
  if (patch.cleared) {
    cleared = { ...before.cleared, ...patch.cleared };
    const entries = Object.entries(cleared);
    // Too many partitions to remember: clearing all of them is safe.
    if (entries.length > MAX_CLEARED) cleared = { '': Math.max(...entries.map(([, epoch]) => epoch)) };
  }
  const forgot = before.forgot || (patch.forget?.length ?? 0) > 0;
  const { epoch, network = before.network, ahead = before.ahead } = patch;
  return {
    ...before,
    epoch,
    ids,
    cleared,
    layers,
    ...(network && { network }),
    ...(ahead !== undefined && { ahead }),
    ...(forgot && { forgot }),
  };
}
