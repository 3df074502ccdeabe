import type { Asked } from './ask';
import { keyOf, type Want } from './plan';

/** The requests in progress. */
export interface InFlight {
  size(): number;
  has(want: Want): boolean;
  start(want: Want): void;
  /** Aborts the requests that `which` selects, and does not report them any more. */
  abort(which: (want: Want) => boolean): void;
}

/** Creates the set. `ask` must not reject. `ended` receives each answer to a request that was not aborted. */
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
