import { parseHttpDate } from './dates';
import { ageValue } from './freshness';
import type { StoredResponse } from './stored-response';

/** The error of this device's clock, as far as answers from origins have proven it. */
export interface ClockSkew {
  /**
   * Milliseconds by which the clock is ahead of the origins' clocks; negative if it is behind, 0 if nothing proves it.
   * `asked`: the request bypassed the caches beneath and reached the origin, so its Date is the time of this exchange.
   */
  ahead(headers: Headers, responseAt: number, asked: boolean): number;
  /**
   * Milliseconds by which a stored tile is older than the clock says, because the clock was set back after it arrived.
   */
  lateBy(tile: Pick<StoredResponse, 'headers' | 'responseAt' | 'clockAhead'>): number;
}

interface SkewTools {
  /** Epoch milliseconds, by a clock that may be changed. */
  now: () => number;
  /** Milliseconds of a monotonic timer. */
  monotonic: () => number;
  /** The last value passed to `keep`, by this worker or an earlier one. Milliseconds. */
  kept: () => number;
  keep: (ahead: number) => void;
}

/** Smaller differences come from network delay, the whole seconds of Date, and servers whose clocks differ slightly. */
const TOLERANCE_MS = 60_000;

/**
 * Watches the origins' Date (RFC 9110 section 6.6.1). A Date behind this device's clock may come from an old answer in
 * some cache; it proves an error only if the request reached the origin. A proven error holds until the clock is set
 * again, which the timer detects, and survives restarts of the worker.
 */
export function createClockSkew({ now, monotonic, kept, keep }: SkewTools): ClockSkew {
  /** The clock minus the timer, when last compared. */
  let base: number | undefined;
  /** The error by this worker's own evidence. After `setBack` it holds only until there is better evidence. */
  let proven: number | undefined;
  let setBack = false;

  /** Compares the clock with the timer: if their difference has changed, somebody has set the clock. */
  const checkClock = (at: number) => {
    const since = at - monotonic();
    const by = since - (base ?? since);
    if (base !== undefined && Math.abs(by) <= TOLERANCE_MS) return;
    base = since;
    if (by === 0) return;
    // A clock that ran ahead of the timer proves nothing: the timer may pause during sleep. A clock that went back was
    // set.
    setBack = by < 0;
    proven = setBack ? (proven ?? kept()) + by : undefined;
    if (setBack) keep(proven as number);
  };

  return {
    ahead(headers, responseAt, asked) {
      checkClock(responseAt);
      const madeAt = parseHttpDate(headers.get('date'), responseAt);
      // Without a Date there is nothing to compare: the error that other answers have proven applies here, too.
      if (madeAt === undefined) return proven ?? kept();
      const apparent = responseAt - madeAt - ageValue(headers) * 1000;
      if (asked) {
        const off = Math.abs(apparent) > TOLERANCE_MS ? apparent : 0;
        // The clock's error is the same for all answers: anything above the smallest is the age of an answer from a
        // cache.
        if (proven === undefined || setBack || Math.abs(off) < Math.abs(proven)) proven = off;
        setBack = false;
        if (Math.abs(proven - kept()) > TOLERANCE_MS) keep(proven);
      }
      return Math.min(proven ?? 0, Math.max(0, responseAt - madeAt));
    },
    lateBy({ headers, responseAt, clockAhead = 0 }) {
      checkClock(now());
      const ahead = proven ?? kept();
      if (clockAhead - ahead <= TOLERANCE_MS) return 0;
      // An origin whose own clock is ahead already sent such a Date when the tile arrived.
      const madeAt = parseHttpDate(headers.get('date'), responseAt);
      const by = Math.min(clockAhead, responseAt - (madeAt ?? 0)) - ahead;
      return by > TOLERANCE_MS ? by : 0;
    },
  };
}
