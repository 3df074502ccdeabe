import { attempt } from '../page/env';

/** Storage that survives a reload of this tab and nothing else. */
export type TabStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** Allows a page to load itself anew, ever more rarely. */
export interface ReloadBudget {
  /**
   * Returns the milliseconds until a reload is allowed; 0: now. Infinity: never, because the page cannot count reloads.
   */
  wait(): number;
  /** Notes a reload that is about to happen. Returns false if it could not be noted: then it must not happen. */
  take(): boolean;
}

const KEY = 'tile-cache-reloads';
const MINUTE = 60_000;
/** Pauses after the first, second, … reload that lies less than `FORGIVEN` back; the last one repeats. */
const PAUSES = [MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE];
const FORGIVEN = 2 * 60 * MINUTE;

/**
 * Limits a page to some fifty reloads a day, whatever goes wrong. Times in the future come from a wrong clock, and
 * count as now.
 */
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
