import { HIDES_HEADER, hiddenKey, isNegative, isTile } from '../http/statuses';
import type { Ledger } from '../ledger/ledger';
import { type LedgerState, recordOf } from '../ledger/state';
import type { Subject } from '../ledger/subject';
import { judge } from '../ledger/verdict';
import type { MemoryTier } from '../store/memory-tier';
import type { Tile, TileStore } from '../store/tile-store';

/** The place where a negative answer would be stored, and the tile that is there. */
export interface NegativePlace {
  subject: Subject;
  cacheName: string;
  cache: Cache;
  key: string;
  before: Tile | undefined;
}

/**
 * The effect of a negative answer on a good tile. `alone`: there is none, or it is retired and gone. `hides`: the tile
 * is kept beside the answer. `known`: the answer is stored already, or the tile could not be kept, so nothing is
 * written.
 */
export type NegativeEffect = 'alone' | 'hides' | 'known';

/** Protects good tiles from a publication that goes wrong half way: one 404 is no proof. */
export interface Negatives {
  /** Decides what the answer does to the good tile. Rejects when storage does. */
  settle(place: NegativePlace, answer: Tile): Promise<NegativeEffect>;
  /** True when this answer alone is proof enough against the tile. */
  retires(subject: Subject, good: Tile, answer: Tile): boolean;
  /** Forgets what a negative answer has hidden. */
  drop(cacheName: string, key: string): Promise<void>;
}

interface NegativesTools {
  store: TileStore;
  memory: MemoryTier;
  ledger: Ledger;
  now: () => number;
  bytesOf(where: { cacheName: string; key: string }, tile: Tile): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Called when a good tile has moved to another key. */
  moved(subject: Subject, cacheName: string, key: string, bytes: number): void;
}

export function createNegatives({ store, memory, ledger, now, bytesOf, moved }: NegativesTools): Negatives {
  const isGood = (state: LedgerState, subject: Subject, tile: Tile) =>
    isTile(tile) && judge(state, subject, tile, false, now()).rule !== 'absent';

  const negatives: Negatives = {
    retires(subject, good, answer) {
      const { state } = ledger;
      if (answer.status === 410 || !state) return true;
      const [old, young] = [good, answer].map((tile) => judge(state, subject, tile, false, now()).label);
      // An answer about a newer version is true of that version's data.
      const current = recordOf(state, subject.layer.name).version;
      return old !== '' && young !== '' && old !== young && (current === undefined || young === current);
    },

    async settle({ subject, cacheName, cache, key, before }, answer) {
      const { state } = ledger;
      if (!before || !state) return 'alone';
      const hides = isNegative(before) && before.headers.has(HIDES_HEADER);
      const good = hides ? await store.match(cacheName, hiddenKey(key), 'patiently') : before;
      if (!good || !isGood(state, subject, good)) {
        if (hides) await negatives.drop(cacheName, key);
        return 'alone';
      }
      const waited = (answer.meta.requestAt - before.meta.requestAt) / 1000;
      if (negatives.retires(subject, good, answer) || (hides && waited >= subject.layer.negativeMaxAge)) {
        if (hides) await negatives.drop(cacheName, key);
        return 'alone';
      }
      // The origin repeats an answer that is still fresh: the time of the first one counts.
      if (hides || good.status === 0) return 'known';
      const bytes = await bytesOf({ cacheName, key }, good);
      if (!bytes) return 'known';
      await store.put(cache, hiddenKey(key), { ...good, bytes });
      memory.delete(cacheName, hiddenKey(key));
      moved(subject, cacheName, hiddenKey(key), bytes.byteLength);
      return 'hides';
    },

    async drop(cacheName, key) {
      memory.delete(cacheName, hiddenKey(key));
      await store.delete(cacheName, hiddenKey(key));
      memory.delete(cacheName, hiddenKey(key));
    },
  };
  return negatives;
}
