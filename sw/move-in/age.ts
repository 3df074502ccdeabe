import { parseHttpDate } from '../http/dates';
import { ageValue } from '../http/freshness';
import type { OldTile } from './source';

/** When the browser received a stored tile, as far as the worker can tell. */
export interface Arrival {
  /** Epoch milliseconds, like `responseAt`. */
  requestAt: number;
  responseAt: number;
  /** The tile's headers, which always contain a `Date`. */
  headers: Headers;
}

/**
 * Milliseconds. `isAgeKnown` (http/freshness) calls the age of a response unknown if the response arrived more than a
 * week before its own `Date`; this is a day more.
 */
const UNKNOWN = 8 * 86_400_000;

/**
 * Returns when a stored tile arrived. `Date` says when the origin made the response (RFC 9110 section 6.6.1), and `Age`
 * how old it was on arrival (RFC 9111 section 5.1). If `Date` is missing or in the future, or if `unsure` is true, the
 * function marks the age as unknown; then the worker validates the tile before it calls it fresh.
 */
export function arrivalOf(
  { headers, seenAt }: Pick<OldTile, 'headers' | 'seenAt'>,
  now: number,
  unsure: boolean,
): Arrival {
  const madeAt = parseHttpDate(headers.get('date'), now);
  if (!unsure && madeAt !== undefined && madeAt <= now) {
    const at = Math.min(now, madeAt + ageValue(headers) * 1000);
    return { requestAt: at, responseAt: at, headers };
  }
  const known = madeAt ?? seenAt ?? now;
  const seen = Math.floor(Math.min(known > 0 ? known : now, now) / 1000) * 1000;
  const dated = new Headers(headers);
  dated.set('date', new Date(seen).toUTCString());
  return { requestAt: seen - UNKNOWN, responseAt: seen - UNKNOWN, headers: dated };
}
