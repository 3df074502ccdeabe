import { type LedgerState, recordOf } from '../ledger/state';
import type { Ledger } from '../ledger/ledger';
import type { Subject } from '../ledger/subject';
import { isOlder, isSuperseded, judge } from '../ledger/verdict';
import type { Found, Judged } from '../lookup/found';

/** True if a rule, a switch or a clearing has come since, so that bytes requested before are of no use. */
export function hasMovedOn({ state }: Pick<Ledger, 'state'>, since: LedgerState, subject: Subject): boolean {
  return !state || state.id !== since.id || isSuperseded(state, subject, since.epoch);
}

/**
 * True if the verdict on a stored tile still holds, whatever else the ledger has learnt while the tile's body was read.
 */
export function stillHolds(
  { state }: Pick<Ledger, 'state'>,
  found: Found,
  { tile }: Judged,
  subject: Subject,
  now: number,
): boolean {
  if (state === found.state) return true;
  const { name } = subject.layer;
  if (!state || recordOf(state, name).cache !== recordOf(found.state, name).cache) return false;
  const [then, since] = [found.state, state].map((one) =>
    judge(one, subject, tile, isOlder(one, name, tile, found.cacheName), now),
  );
  return JSON.stringify(then) === JSON.stringify(since);
}
