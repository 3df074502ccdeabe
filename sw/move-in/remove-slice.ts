import type { MoveInSlice } from '../../src/shared/move-in';
import type { LedgerState } from '../ledger/state';
import { each } from './each';
import { locate } from './examine';
import type { MovedStore } from './moved-store';
import type { Ordered } from './order';
import { readEntry, type Source } from './source';
import type { SliceWork } from './take-slice';
import type { MoveInTools } from './tools';

/** Starts a slice that deletes from the old store the tiles that were taken over from it. */
export function removing(
  source: Source,
  moved: MovedStore,
  tools: MoveInTools,
  state: LedgerState,
  result: MoveInSlice,
): SliceWork {
  const one = async ({ id }: Ordered) => {
    const old = await readEntry(source, id);
    const located = old && (await locate(old.request, state, tools, moved.store.nameOf));
    if (!located) return;
    const there = await moved.provenance(located.place.cacheName, located.place.key);
    if (!there || there === 'other' || there.from !== source.name) return;
    await source.remove(id);
    result.deleted += 1;
  };
  return { work: (slice) => each(slice, one), end: async () => {} };
}
