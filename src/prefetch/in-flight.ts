import type { Asked } from './ask';
import { keyOf, type Want } from './plan';

/** The requests that are under way. */
export interface InFlight {
  size(): number;
  has(want: Want): boolean;
  start(want: Want): void;
  /** Ends those that `which` picks; nobody hears of them any more. */
  abort(which: (want: Want) => boolean): void;
}

/** `ask` must not reject; `ended` hears of each answer to a request that was not aborted. */
export function createInFlight(
  ask: (want: Want, signal: AbortSignal) => Promise<Asked>,
  ended: (want: Want, asked: Asked) => void,
): InFlight {
  const active = new Map<string, { want: Want; abort: AbortController }>();
  return {
    size: () => active.size,
    has: (want) => active.has(keyOf(want)),
    start(want) {
      const key = keyOf(want);
      const entry = { want, abort: new AbortController() };
      active.set(key, entry);
      void ask(want, entry.abort.signal).then((asked) => {
        if (active.get(key) !== entry) return;
        active.delete(key);
        ended(want, asked);
      });
    },
    abort(which) {
      for (const [key, { want, abort }] of active) {
        if (!which(want)) continue;
        active.delete(key);
        abort.abort();
      }
    },
  };
}
