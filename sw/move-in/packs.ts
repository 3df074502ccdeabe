import type { Budgets } from './budgets';
import type { Candidate } from './examine';

/** Limits of a pack: tiles and bytes. */
const PACK_TILES = 100;
const PACK_BYTES = 1024 * 1024;

/** Collects the tiles of each cache until a pack is full, and writes packs while it collects further tiles. */
export function createPacks(budgets: Budgets, write: (candidates: Candidate[]) => Promise<void>) {
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
