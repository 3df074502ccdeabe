import type { MoveInCommand, MoveInRefusal, MoveInSlice } from '../../src/shared/move-in';
import type { LedgerState } from '../ledger/state';
import { type Budgets, readBudgets } from './budgets';
import { type Candidate, examine, placeOf } from './examine';
import { ANY, type MovedStore } from './moved-store';
import { inOrder, type Ordered, sliceOf } from './order';
import { type Put, putPack } from './put-pack';
import type { Source } from './source';
import type { MoveInTools } from './tools';

/** A move, as far as this instance of the worker knows it. */
export interface Job {
  readonly source: Source;
  /** Takes over the tiles of a slice, or deletes from the old store those that were taken over. */
  run(command: MoveInCommand, state: LedgerState): Promise<MoveInSlice>;
}

/** A slice ends after this number of entries, or after this number of milliseconds. */
const SLICE = 1000;
const SLICE_MS = 1500;
/** Number of entries that are read at the same time. */
const AT_ONCE = 64;
/** Limits of a pack: tiles and bytes. */
const PACK_TILES = 100;
const PACK_BYTES = 1024 * 1024;

/** The work of one slice. `end` waits for the writes that are still under way. */
interface Taking {
  work(part: readonly Ordered[]): Promise<void>;
  end(): Promise<void>;
}

export async function createJob(
  { job }: MoveInCommand,
  source: Source,
  moved: MovedStore,
  tools: MoveInTools,
): Promise<Job> {
  const all = inOrder(await source.list(), job);
  const written = moved.watch();
  const listed = new Map<string, Promise<ReadonlySet<string> | undefined>>();
  const { store } = moved;
  // Read the budgets once: other requests store little in the meantime.
  let budgets: Budgets | undefined;

  /**
   * Returns the keys of a cache as they were when the job first asked, or `undefined` if there are too many to list.
   */
  const keysOf = (cacheName: string) => {
    let keys = listed.get(cacheName);
    if (!keys) {
      keys = store.keys(cacheName).then(
        (list) => new Set(list),
        () => undefined,
      );
      listed.set(cacheName, keys);
    }
    return keys;
  };
  const isWritten = (key: string) => written.has(key) || written.has(ANY);
  /** Returns what is stored under a key. Reads the cache only if the key may exist. */
  const lying = async (cacheName: string, key: string) => {
    const keys = await keysOf(cacheName);
    if (keys && !keys.has(key) && !isWritten(key)) return undefined;
    return moved.reference(cacheName, key);
  };

  /** Takes tiles over. Writes full packs while it reads further tiles. */
  const taking = async (state: LedgerState, result: MoveInSlice): Promise<Taking> => {
    const refuse = (reason: MoveInRefusal, count = 1) =>
      (result.refused[reason] = (result.refused[reason] ?? 0) + count);
    const note = (put: Put) => {
      if (put === 'taken') result.taken += 1;
      else if (put === 'skipped') result.skipped += 1;
      else refuse(put);
    };
    budgets ??= await readBudgets(tools.index, tools.maxBytes);
    const packs = createPacks(budgets, async (candidates) => {
      for (const put of (await putPack(candidates, { job, from: source.name, isWritten }, moved, tools)).values())
        note(put);
    });
    const one = async ({ id }: Ordered) => {
      const old = await source.read(id);
      if (!old) return refuse('unreadable');
      const located = await placeOf(old.request, state, tools, store.nameOf);
      if (!located) return refuse('no-layer');
      const { cacheName, key } = located.place;
      const there = await lying(cacheName, key);
      // A worker that the browser stopped may have taken this tile in this very slice, and did not get to report it.
      if (there) return note(there !== 'other' && there.job === job ? 'taken' : 'skipped');
      const candidate = await examine(old, located, state, tools);
      if ('refused' in candidate) return refuse(candidate.refused);
      if (!packs.add(candidate)) return refuse('quota');
    };
    return { work: (slice) => each(slice, one), end: packs.end };
  };

  const removing = (state: LedgerState, result: MoveInSlice): Taking => {
    const one = async ({ id }: Ordered) => {
      const old = await source.read(id);
      const located = old && (await placeOf(old.request, state, tools, store.nameOf));
      if (!located) return;
      const there = await moved.reference(located.place.cacheName, located.place.key);
      if (!there || there === 'other' || there.from !== source.name) return;
      await source.remove(id);
      result.deleted += 1;
    };
    return { work: (slice) => each(slice, one), end: async () => {} };
  };

  return {
    source,
    async run({ pass, after }, state) {
      const begun = tools.monotonic();
      const result: MoveInSlice = { taken: 0, refused: {}, skipped: 0, deleted: 0, seen: 0, total: all.length };
      const { work, end } = pass === 'take' ? await taking(state, result) : removing(state, result);
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

/** Collects the tiles of each cache until a pack is full, and writes packs while it collects further tiles. */
function createPacks(budgets: Budgets, write: (candidates: Candidate[]) => Promise<void>) {
  const open = new Map<string, Candidate[]>();
  const writing: Array<Promise<void>> = [];
  const close = (candidates: Candidate[]) => {
    const work = write(candidates);
    // `end` waits for `work` and reports its error.
    work.catch(() => {});
    writing.push(work);
  };
  return {
    /** Adds a tile to a pack. Returns false if the layer's budget or the total budget is used up. */
    add(candidate: Candidate): boolean {
      if (!budgets.take(candidate.subject.layer, candidate.bytes.length)) return false;
      const { cacheName } = candidate.place;
      const pack = [...(open.get(cacheName) ?? []), candidate];
      open.set(cacheName, pack);
      const size = pack.reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (pack.length < PACK_TILES && size < PACK_BYTES) return true;
      open.delete(cacheName);
      close(pack);
      return true;
    },
    async end(): Promise<void> {
      for (const pack of open.values()) close(pack);
      await Promise.all(writing);
    },
  };
}

/** Runs `work` on a limited number of items at a time. Starts no further item after a failure. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < items.length) {
      const item = items[next++]!;
      try {
        await work(item);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
