import { parseDeltaSeconds } from './cache-control';
import { parseHttpDate } from './dates';
import type { StoredResponse } from './stored-response';

/** What answers have proven of this device's clock. */
export interface ClockSkew {
  /**
   * Milliseconds by which the clock is ahead of the origins', negative where it is behind; 0 where nothing proves it.
   * `asked`: the origin itself was asked, past the caches beneath, so that its Date is the time of this very exchange.
   */
  ahead(headers: Headers, responseAt: number, asked: boolean): number;
  /** Milliseconds by which a stored tile is older than the clock says: that was set back since the tile came. */
  hides(tile: Pick<StoredResponse, 'headers' | 'responseAt' | 'clockAhead'>): number;
}

interface SkewTools {
  /** Epoch milliseconds, by a clock that may be set. */
  now: () => number;
  /** Milliseconds of a timer that nobody sets. */
  monotonic: () => number;
  /** What `keep` was last told, by this worker or one before it. */
  kept: () => number;
  keep: (ahead: number) => void;
}

/** Less is the network's delay, a Date's whole seconds, and servers that are not quite of one mind. */
const TOLERANCE_MS = 60_000;

/**
 * Watches the origins' Date (RFC 9110 section 6.6.1). One that is behind this device's clock may be an old answer out of
 * some cache; it is proof where the origin was asked. What is proven holds until the clock is set again, which the timer
 * notices, and is kept over the worker's stops.
 */
export function createClockSkew({ now, monotonic, kept, keep }: SkewTools): ClockSkew {
  let base: number | undefined;
  /** By this worker's own evidence; from `setBack` on only until there is better. */
  let proven: number | undefined;
  let setBack = false;

  const notice = (at: number) => {
    const since = at - monotonic();
    const by = since - (base ?? since);
    if (base !== undefined && Math.abs(by) <= TOLERANCE_MS) return;
    base = since;
    if (by === 0) return;
    // The timer may have stood still while the device slept; a clock that has gone back was set.
    setBack = by < 0;
    proven = setBack ? (proven ?? kept()) + by : undefined;
    if (setBack) keep(proven as number);
  };

  return {
    ahead(headers, responseAt, asked) {
      notice(responseAt);
      const madeAt = parseHttpDate(headers.get('date'), responseAt);
      // Nothing to compare: what others have proven holds here, too.
      if (madeAt === undefined) return proven ?? kept();
      const age = parseDeltaSeconds(headers.get('age')?.split(',')[0]!.trim() ?? '') ?? 0;
      const apparent = responseAt - madeAt - age * 1000;
      if (asked) {
        const off = Math.abs(apparent) > TOLERANCE_MS ? apparent : 0;
        // The clock's error is the same for all: what is more than the least is the age of an answer that lay somewhere.
        if (proven === undefined || setBack || Math.abs(off) < Math.abs(proven)) proven = off;
        setBack = false;
        if (Math.abs(proven - kept()) > TOLERANCE_MS) keep(proven);
      }
      return Math.min(proven ?? 0, Math.max(0, responseAt - madeAt));
    },
    hides({ headers, responseAt, clockAhead = 0 }) {
      notice(now());
      const ahead = proven ?? kept();
      if (clockAhead - ahead <= TOLERANCE_MS) return 0;
      // An origin whose own clock is ahead said so then as well.
      const madeAt = parseHttpDate(headers.get('date'), responseAt);
      const by = Math.min(clockAhead, responseAt - (madeAt ?? 0)) - ahead;
      return by > TOLERANCE_MS ? by : 0;
    },
  };
}
