import { parseDeltaSeconds } from './cache-control';
import { parseHttpDate } from './dates';

/** What answers have proven of this device's clock. */
export interface ClockSkew {
  /**
   * Milliseconds by which the clock is ahead of the origins'; 0 where nothing proves it. `asked`: the origin itself was
   * asked, past the caches beneath, so that its Date is the time of this very exchange.
   */
  ahead(headers: Headers, responseAt: number, asked: boolean): number;
}

/** Less is the network's delay, a Date's whole seconds, and servers that are not quite of one mind. */
const TOLERANCE_MS = 60_000;

/**
 * Watches the origins' Date (RFC 9110 section 6.6.1). One that is behind this device's clock may be an old answer out of
 * some cache; it is proof where the origin was asked. What is proven holds until the clock is set again, which a timer
 * that nobody sets (`monotonic`, milliseconds) notices.
 */
export function createClockSkew(monotonic: () => number): ClockSkew {
  let proven: number | undefined;
  let base = 0;
  return {
    ahead(headers, responseAt, asked) {
      const since = responseAt - monotonic();
      if (Math.abs(since - base) > TOLERANCE_MS) [proven, base] = [undefined, since];
      const madeAt = parseHttpDate(headers.get('date'), responseAt);
      if (madeAt === undefined) return 0;
      const age = parseDeltaSeconds(headers.get('age')?.split(',')[0]!.trim() ?? '') ?? 0;
      const apparent = responseAt - madeAt - age * 1000;
      // The clock's error is the same for all: what is more than the least is the age of an answer that lay somewhere.
      if (asked) proven = Math.min(proven ?? Infinity, apparent > TOLERANCE_MS ? apparent : 0);
      return Math.max(0, Math.min(proven ?? 0, responseAt - madeAt));
    },
  };
}
