import { type Ledger, recordOf } from '../ledger/ledger';
import type { Found } from './lookup';
import type { MemoryTier } from '../store/memory-tier';
import { judge, type Subject } from '../ledger/verdict';
import type { Tile } from '../store/tile-store';

/** What happens between the read of a stored tile and its answer. */
export interface Warming {
  /** What was said of a tile is still so, whatever else the ledger has learnt since. */
  holds(found: Found, tile: Tile, subject: Subject): boolean;
  /** A Blob that the memory tier keeps goes out as a handle; anything else is pumped through the worker once. Undefined: it holds no more. */
  warm(
    found: Found,
    tile: Tile,
    subject: Subject,
    answer: (body: BodyInit | null) => Response,
  ): Response | Promise<Response | undefined>;
}

export function createWarming({
  ledger,
  memory,
  now,
}: {
  ledger: Ledger;
  memory: MemoryTier;
  now: () => number;
}): Warming {
  const holds: Warming['holds'] = (found, tile, subject) => {
    const { state } = ledger;
    const { name } = subject.layer;
    if (state === found.state) return true;
    if (!state || recordOf(state, name).cache !== recordOf(found.state, name).cache) return false;
    const at = now();
    const [then, since] = [found.state, state].map((one) =>
      judge(one, subject, tile, tile.cacheName !== found.cacheName, at),
    );
    return JSON.stringify(then) === JSON.stringify(since);
  };

  return {
    holds,
    warm(found, tile, subject, answer) {
      const { blob, response, cacheName, key, headers } = tile;
      if (blob) return answer(blob);
      if (!response || response.type === 'opaque') return answer(null);
      if (!cacheName || !key || !memory.admits(Number(headers.get('content-length')))) return answer(response.body);
      const { changes } = memory;
      return response.blob().then((body) => {
        const { response: _, ...kept } = tile;
        // What was written or deleted meanwhile is newer than this.
        memory.fill(cacheName, key, { ...kept, blob: body }, changes);
        return holds(found, tile, subject) ? answer(body) : undefined;
      });
    },
  };
}
