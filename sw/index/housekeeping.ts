import type { TileIndex } from './tile-index';

/** Milliseconds to collect stored tiles before a round. */
const HOUSEKEEPING_MS = 500;

/** Writes the index and evicts, a short time after a tile was stored, one round at a time. */
export function createHousekeeping({
  index,
  evict,
  sleep,
  later,
}: {
  index: Pick<TileIndex, 'flush'>;
  evict: () => Promise<unknown>;
  sleep: (ms: number) => Promise<void>;
  /** Keeps the worker alive for this work. */
  later: (work: Promise<unknown>) => void;
}): () => void {
  let running = false;
  let untidy = false;
  const round = async () => {
    await sleep(HOUSEKEEPING_MS);
    untidy = false;
    await index
      .flush()
      .then(evict)
      .finally(() => (running = false));
    // Another round takes care of tiles stored meanwhile.
    if (untidy) keepHouse();
  };
  const keepHouse = () => {
    untidy = true;
    if (running) return;
    running = true;
    later(round());
  };
  return keepHouse;
}
