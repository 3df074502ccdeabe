import { attempt } from '../page/env';

/** What survives a reload of this tab and nothing else. */
export type TabStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** Allows a page to load itself anew, ever more rarely. */
export interface ReloadBudget {
  /** Milliseconds until a reload is allowed; 0: now. Infinity: never, for nobody could count. */
  wait(): number;
  /** Notes a reload that is about to happen. False: it could not be noted, and must not happen. */
  take(): boolean;
}

const KEY = 'tile-cache-reloads';
const MINUTE = 60_000;
/** Pauses after the first, second, … reload that lies less than `FORGIVEN` back; the last one repeats. */
const PAUSES = [MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE];
const FORGIVEN = 2 * 60 * MINUTE;

/** However wrong things are, a page reloads some fifty times a day at most. Times that lie ahead are a clock's fault and count as now. */
export function createReloadBudget(storage: TabStorage | undefined, now: () => number): ReloadBudget {
  const read = () => {
    const times = attempt(() => JSON.parse(storage?.getItem(KEY) ?? '[]') as unknown);
    const known = Array.isArray(times) ? times.filter((at): at is number => typeof at === 'number') : [];
    return known.map((at) => Math.min(at, now())).filter((at) => now() - at < FORGIVEN);
  };
  const wait = () => {
    if (!storage) return Infinity;
    const times = read();
    const last = times.at(-1);
    if (last === undefined) return 0;
    return Math.max(0, last + PAUSES[Math.min(times.length, PAUSES.length) - 1]! - now());
  };
  return {
    wait,
    take() {
      if (wait() > 0) return false;
      const text = JSON.stringify([...read(), now()].slice(-PAUSES.length));
      attempt(() => storage?.setItem(KEY, text));
      return attempt(() => storage?.getItem(KEY)) === text;
    },
  };
}
