import type { Budgets } from './budgets';
import type { Candidate } from './examine';

/** Tiles after which a pack is written that no tile has joined meanwhile: its bucket is complete. */
const IDLE_TILES = 128;
/** Bytes of the tiles that wait for their packs. */
const WAITING_BYTES = 16 * 1024 * 1024;

/** Bytes of the tiles in memory above which `add` waits for the disk, which may be slower than the old store. */
const UNWRITTEN_BYTES = 2 * WAITING_BYTES;

/** Tiles that go into one pack. */
interface OpenPack {
  candidates: Candidate[];
  bytes: number;
  /** The number of tiles that were collected before its last one. */
  joinedAt: number;
}

/** Collects the tiles of each bucket, and writes packs while it collects further tiles. */
export function createPacks(
  budgets: Budgets,
  idOf: (candidate: Candidate) => string,
  write: (candidates: Candidate[]) => Promise<void>,
) {
  // The pack that a tile joined last comes last.
  const open = new Map<string, OpenPack>();
  const writing: Array<Promise<void>> = [];
  let collected = 0;
  let waiting = 0;
  let unwritten = 0;
  const close = (id: string, { candidates, bytes }: OpenPack) => {
    open.delete(id);
    waiting -= bytes;
    const work = write(candidates);
    // `end` waits for `work` and reports its error.
    work.catch(() => {}).finally(() => (unwritten -= bytes));
    writing.push(work);
  };
  return {
    /** Adds a tile to a pack. Resolves with false if the layer's budget or the total budget is used up. */
    async add(candidate: Candidate): Promise<boolean> {
      const { length } = candidate.bytes;
      if (!budgets.take(candidate.subject.layer, length)) return false;
      const id = idOf(candidate);
      const pack = open.get(id) ?? { candidates: [], bytes: 0, joinedAt: 0 };
      open.delete(id);
      open.set(id, pack);
      pack.candidates.push(candidate);
      pack.bytes += length;
      pack.joinedAt = collected += 1;
      waiting += length;
      unwritten += length;
      for (const [id, pack] of open) {
        if (waiting < WAITING_BYTES && collected - pack.joinedAt < IDLE_TILES) break;
        close(id, pack);
      }
      if (unwritten >= UNWRITTEN_BYTES) await Promise.allSettled(writing);
      return true;
    },
    /** Writes the packs that are still open, and waits for all writes. Rejects if one of them did. */
    async end(): Promise<void> {
      for (const [id, pack] of open) close(id, pack);
      await Promise.all(writing);
    },
  };
}
