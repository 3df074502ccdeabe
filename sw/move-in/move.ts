import type { MoveInCommand, MoveInSlice } from '../../src/shared/move-in';
import type { LedgerState } from '../ledger/state';
import type { MovedStore } from './moved-store';
import { positionOf } from './buckets';
import { inOrder, sliceOf } from './order';
import { removing } from './remove-slice';
import type { Source } from './source';
import { createTaking } from './take-slice';
import type { MoveInTools } from './tools';

/** A move, as far as this instance of the worker knows it. */
export interface Move {
  readonly source: Source;
  /** Takes over the tiles of a slice, or deletes from the old store those that were taken over. */
  run(command: MoveInCommand, state: LedgerState): Promise<MoveInSlice>;
}

/** A slice ends after this number of entries, or after this number of milliseconds. */
const SLICE = 1000;
const SLICE_MS = 1500;

/** Creates a move. Rejects if the old store cannot be listed. */
export async function createMove(
  { job }: MoveInCommand,
  source: Source,
  moved: MovedStore,
  tools: MoveInTools,
): Promise<Move> {
  const all = inOrder(await source.list(), (id) => positionOf(keyOf(id, source, tools) ?? job + id));
  const taking = createTaking(job, source, all.length, moved, tools);

  return {
    source,
    async run({ pass, after }, state) {
      const begun = tools.monotonic();
      const result: MoveInSlice = { taken: 0, refused: {}, skipped: 0, deleted: 0, seen: 0, total: all.length };
      const { work, end } =
        pass === 'take' ? await taking(state, result) : removing(source, moved, tools, state, result);
      let place = after;
      while (result.seen < SLICE && tools.monotonic() - begun < SLICE_MS) {
        const part = sliceOf(all, place, SLICE / 2);
        if (part.length === 0) break;
        await work(part);
        result.seen += part.length;
        place = part.at(-1)!.at;
        // Let the worker handle tile requests in between.
        await tools.sleep(0);
      }
      // Store every tile before reporting it as seen.
      await end();
      const last = all.at(-1);
      if (last && place !== last.at) result.after = place!;
      if (result.taken > 0) tools.keepHouse();
      return result;
    },
  };
}

/** Returns the key of the tile that an entry holds, or `undefined` if its URL belongs to no layer. */
function keyOf(id: string, source: Source, { match }: Pick<MoveInTools, 'match'>): string | undefined {
  try {
    return match(source.url(id))?.key;
  } catch {
    return undefined;
  }
}
