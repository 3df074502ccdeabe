import type { MoveInRefusal, MoveInSlice } from '../../src/shared/move-in';
import type { LedgerState } from '../ledger/state';
import { type Budgets, readBudgets } from './budgets';
import { each } from './each';
import { type Candidate, examine, locate } from './examine';
import type { MovedStore } from './moved-store';
import type { Ordered } from './order';
import { bucketOf, bucketsFor } from './buckets';
import { createPacks } from './packs';
import { type Put, putTiles } from './put-tiles';
import { readEntry, type Source } from './source';
import { createStoredKeys } from './stored-keys';
import type { MoveInTools } from './tools';

/** The work of one slice. `end` waits for the writes that are still under way. */
export interface SliceWork {
  work(part: readonly Ordered[]): Promise<void>;
  end(): Promise<void>;
}

/** Creates the function that starts the taking of one slice after another for a move. */
export function createTaking(job: string, source: Source, total: number, moved: MovedStore, tools: MoveInTools) {
  const { isWritten, provenance } = createStoredKeys(moved);
  // Read the budgets once: other requests store little in the meantime.
  let budgets: Budgets | undefined;

  const buckets = bucketsFor(total);
  const bucketOfCandidate = ({ place: { cacheName, key } }: Candidate) => `${cacheName} ${bucketOf(key, buckets)}`;

  /** Takes tiles over. Writes full packs while it reads further tiles. */
  return async (state: LedgerState, result: MoveInSlice): Promise<SliceWork> => {
    const refuse = (reason: MoveInRefusal, count = 1) =>
      (result.refused[reason] = (result.refused[reason] ?? 0) + count);
    const note = (put: Put) => {
      if (put === 'taken') result.taken += 1;
      else if (put === 'skipped') result.skipped += 1;
      else refuse(put);
    };
    budgets ??= await readBudgets(tools.index, tools.maxBytes);
    const bringer = { job, from: source.name, total, isWritten };
    const packs = createPacks(budgets, bucketOfCandidate, async (candidates) =>
      (await putTiles(candidates, bringer, moved, tools)).forEach(note),
    );
    const one = async ({ id }: Ordered) => {
      const old = await readEntry(source, id);
      if (!old) return refuse('unreadable');
      const located = await locate(old.request, state, tools, moved.store.nameOf);
      if (!located) return refuse('no-layer');
      const { cacheName, key } = located.place;
      const there = await provenance(cacheName, key);
      // A worker that the browser stopped may have taken this tile in this very slice, and did not get to report it.
      if (there) return note(there !== 'other' && there.job === job ? 'taken' : 'skipped');
      const candidate = await examine(old, located, state, tools);
      if ('refused' in candidate) return refuse(candidate.refused);
      if (!(await packs.add(candidate))) return refuse('quota');
    };
    return { work: (slice) => each(slice, one), end: packs.end };
  };
}
