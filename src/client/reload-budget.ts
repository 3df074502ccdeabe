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
 * Limits a page to some fifty reloads a day, whatever goes wrong. Times in the future come from a clock that was set
 * back since, and count as the time at which this is first noticed.
 */
export function createReloadBudget(storage: TabStorage | undefined, now: () => number): ReloadBudget {
  const note = (times: number[]) => {
    const text = JSON.stringify(times);
    attempt(() => storage?.setItem(KEY, text));
    return attempt(() => storage?.getItem(KEY)) === text;
  };
  const read = () => {
    const times = attempt(() => JSON.parse(storage?.getItem(KEY) ?? '[]') as unknown);
    const known = Array.isArray(times) ? times.filter((at): at is number => typeof at === 'number') : [];
    const past = known.map((at) => Math.min(at, now()));
    if (past.some((at, i) => at < known[i]!)) note(past);
    return past.filter((at) => now() - at < FORGIVEN);
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
      return wait() === 0 && note([...read(), now()].slice(-PAUSES.length));
    },
  };
}
