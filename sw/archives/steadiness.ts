import { differsByTagOnly, type Edition } from './edition';
import type { FirstBytes } from './first-bytes';

/** So many new ETags of what seems to be the same file, within so many milliseconds, are worth a look. */
const MAX_TAGS = 3;
const WITHIN_MS = 60_000;
/** Times that the host is asked at once, one after the other. */
const PROBES = 3;

/** Tells files that are replaced from hosts that name another ETag with each answer. */
export interface Steadiness {
  /**
   * The beginning as the host has it at last; `unsteady` where no two answers in a row bore the same tag, and nothing else
   * was different. `ask` asks for the beginning, whatever is known. Rejects as `ask` does.
   */
  judge(
    layer: string,
    before: Edition,
    after: FirstBytes,
    ask: () => Promise<FirstBytes>,
  ): Promise<{ first: FirstBytes; unsteady: boolean }>;
}

export function createSteadiness(now: () => number): Steadiness {
  const changes = new Map<string, number[]>();
  const isSuspicious = (layer: string) => {
    const at = now();
    const lately = [...(changes.get(layer) ?? []).filter((one) => Math.abs(at - one) < WITHIN_MS), at];
    changes.set(layer, lately.slice(-MAX_TAGS));
    return lately.length >= MAX_TAGS;
  };
  return {
    async judge(layer, before, after, ask) {
      let first = after;
      if (!differsByTagOnly(before, first.edition) || !isSuspicious(layer)) return { first, unsteady: false };
      for (let asked = 0; asked < PROBES; asked += 1) {
        const next = await ask();
        const steady = !differsByTagOnly(first.edition, next.edition);
        first = next;
        if (steady) return { first, unsteady: false };
      }
      return { first, unsteady: true };
    },
  };
}
