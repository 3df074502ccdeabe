import { parseDeltaSeconds } from '../http/cache-control';
import { parseHttpDate } from '../http/dates';
import type { OldTile } from './source';

/** When a tile came, as far as that is known. */
export interface Arrival {
  requestAt: number;
  responseAt: number;
  /** With a Date. */
  headers: Headers;
}

/**
 * `isAgeKnown` (http/freshness) takes a response that came more than a week before its own Date for one whose age nobody
 * knows. Milliseconds.
 */
const UNKNOWN = 8 * 86_400_000;

/**
 * Date says when the origin made the response (RFC 9110 section 6.6.1), Age how long it had been on its way when it came (RFC
 * 9111 section 5.1). Without a Date, or with one from the future, the age is unknown and at least what `seenAt` says: the
 * tile is validated before it is called fresh. `unsure`: whatever its Date says.
 */
export function arrivalOf(
  { headers, seenAt }: Pick<OldTile, 'headers' | 'seenAt'>,
  now: number,
  unsure: boolean,
): Arrival {
  const madeAt = parseHttpDate(headers.get('date'), now);
  if (!unsure && madeAt !== undefined && madeAt <= now) {
    const age = parseDeltaSeconds(headers.get('age')?.split(',')[0]!.trim() ?? '') ?? 0;
    const at = Math.min(now, madeAt + age * 1000);
    return { requestAt: at, responseAt: at, headers };
  }
  const known = madeAt ?? seenAt ?? now;
  const seen = Math.floor(Math.min(known > 0 ? known : now, now) / 1000) * 1000;
  const dated = new Headers(headers);
  dated.set('date', new Date(seen).toUTCString());
  return { requestAt: seen - UNKNOWN, responseAt: seen - UNKNOWN, headers: dated };
}
