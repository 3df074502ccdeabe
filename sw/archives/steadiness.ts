import { differsByTagOnly, type Edition } from './edition';
import type { FirstBytes } from './first-bytes';

/** The number of new ETags for what seems to be the same file, within `WITHIN_MS` milliseconds, that starts a check. */
const MAX_TAGS = 3;
const WITHIN_MS = 60_000;
/** The number of immediate requests to the host, one after the other. */
const PROBES = 3;

/** Distinguishes replaced files from hosts that send another ETag with each answer. */
export interface Steadiness {
  /**
   * Resolves with the beginning that the host sent last; `unsteady` if no two answers in a row had the same tag, and
   * nothing else differed. `ask` requests the beginning, whatever is known. Rejects as `ask` does.
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
