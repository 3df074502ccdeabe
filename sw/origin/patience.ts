import { hostOf } from '../../src/shared/host-of';
import type { Timers } from '../util/deadline';

/** What `race` resolves with when the wait is over first. */
export const OVER = Symbol('patience');

/** One page's wait for a tile of which something usable is stored. */
export interface Wait {
  /** Nobody waits any more: the time is used up, or the host has used up another tile's. */
  readonly over: boolean;
  race<T>(work: T | Promise<T>): Promise<T | typeof OVER>;
  /** The answer is given. */
  end(): void;
}

/**
 * How long pages wait while something usable is stored. A host that used up one tile's patience is not waited for again
 * by the tiles behind it, until it has answered anything.
 */
export interface Patience {
  /** Begins when the tile is asked for: neither our own queue nor a body that trickles prolongs it. */
  begin(url: string, seconds: number): Wait;
  /** A whole answer came from there, whatever it says. */
  answered(url: string): void;
}

const MAX_HOSTS = 256;

export function createPatience({ setTimeout, clearTimeout }: Timers): Patience {
  const usedUp = new Set<string>();
  // By host, how often it has answered.
  const answers = new Map<string, number>();
  const answersOf = (host: string) => answers.get(host) ?? 0;
  return {
    begin(url, seconds) {
      const host = hostOf(url);
      const before = answersOf(host);
      let over = usedUp.has(host);
      let tell: () => void = () => {};
      const waited = new Promise<typeof OVER>((resolve) => (tell = () => resolve(OVER)));
      const timer = over
        ? undefined
        : setTimeout(() => {
            over = true;
            // Who answered others meanwhile is slow with this one, or our queue is long.
            if (answersOf(host) === before && usedUp.size < MAX_HOSTS) usedUp.add(host);
            tell();
          }, seconds * 1000);
      return {
        get over() {
          return over;
        },
        race: async (work) => (over ? OVER : Promise.race([work, waited])),
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
