import { hostOf } from '../../src/shared/host-of';
import type { Timers } from '../util/deadline';

/** The value that `race` resolves with when the wait ends first. */
export const WAITED = Symbol('patience');

/** One page's wait for a tile of which something usable is stored. */
export interface Wait {
  /** True when the page waits no longer: its time is used up, or the host has used up another tile's. */
  readonly over: boolean;
  race<T>(work: T | Promise<T>): Promise<T | typeof WAITED>;
  /** Ends the wait, because the page has its answer. */
  end(): void;
}

/**
 * Decides how long pages wait while something usable is stored. After a host has used up one tile's patience, the tiles
 * behind it do not wait for that host until it has answered anything.
 */
export interface Patience {
  /**
   * Begins a wait of `seconds` when the page requests the tile: neither our own queue nor a body that trickles prolongs
   * it.
   */
  begin(url: string, seconds: number): Wait;
  /** Call this when a whole answer has come from the URL's host, whatever it says. */
  answered(url: string): void;
}

const MAX_HOSTS = 256;

export function createPatience({ setTimeout, clearTimeout }: Timers): Patience {
  const usedUp = new Set<string>();
  // Maps each host to the number of its answers.
  const answers = new Map<string, number>();
  const answersOf = (host: string) => answers.get(host) ?? 0;
  return {
    begin(url, seconds) {
      const host = hostOf(url);
      const before = answersOf(host);
      let over = usedUp.has(host);
      let tell: () => void = () => {};
      const waited = new Promise<typeof WAITED>((resolve) => (tell = () => resolve(WAITED)));
      const timer = over
        ? undefined
        : setTimeout(() => {
            over = true;
            // A host that answered others meanwhile is slow with this tile only, or our queue is long.
            if (answersOf(host) === before && usedUp.size < MAX_HOSTS) usedUp.add(host);
            tell();
          }, seconds * 1000);
      return {
        get over() {
          return over;
        },
        race: async (work) => (over ? WAITED : Promise.race([work, waited])),
        end: () => timer !== undefined && clearTimeout(timer as never),
      };
    },
    answered(url) {
      const host = hostOf(url);
      usedUp.delete(host);
      if (answers.size >= MAX_HOSTS && !answers.has(host)) answers.clear();
      answers.set(host, answersOf(host) + 1);
    },
  };
}
