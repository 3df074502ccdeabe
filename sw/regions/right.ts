import { recordOf } from '../ledger/state';
import { judge, type Verdict } from '../ledger/verdict';
import { isBefore, isRight as isRuledRight, requestedAt } from '../lookup/kept';
import type { Wanted } from '../lookup/wanted';
import { decide } from '../policy/decide';
import type { Tile } from '../store/tile-store';
import { entryTile } from './entry-tile';
import type { PackEntry } from '../store/pack';
import type { RegionTools } from './tools';

type JudgeTools = Pick<RegionTools, 'ledger' | 'now'>;

/** True if no rule and no version speaks against a tile in a pack or in staging. */
export function isRight(
  tools: JudgeTools,
  subject: Wanted['subject'],
  entry: Pick<PackEntry, 'meta' | 'status' | 'headers'>,
): boolean {
  const tile = entryTile({ key: '', length: 0, crc: 0, ...entry }, '');
  const verdict = tile && verdictOn(tile, subject, tools);
  return verdict?.rule === 'none' && !verdict.otherVersion && tile?.meta.ledger === tools.ledger.state?.id;
}

/**
 * True if a rule or a clearing forbids showing a tile in a pack or in staging, or if another release wrote the tile.
 */
export function isAbsent(
  tools: JudgeTools,
  subject: Wanted['subject'],
  entry: Pick<PackEntry, 'meta' | 'status' | 'headers'>,
): boolean {
  const tile = entryTile({ key: '', length: 0, crc: 0, ...entry }, '');
  return !tile || verdictOn(tile, subject, tools)?.rule === 'absent';
}

/** True if the worker would answer a map with the tile without asking the origin. */
export function isFresh(tools: JudgeTools, { subject, policy }: Wanted, tile: Tile | undefined): boolean {
  const verdict = tile && verdictOn(tile, subject, tools);
  if (!verdict || verdict.otherVersion) return false;
  const decision = decide({
    stored: tile,
    request: policy,
    layer: subject.layer,
    now: tools.now(),
    rule: verdict.rule,
    confirmed: verdict.confirmed,
    disconnected: false,
  });
  return decision.kind === 'respond' && !decision.stale && !decision.validate;
}

/** True if a tile that one region holds answers rather than another's: the rules decide, then the time of the request. */
export function isBetter(tile: Tile, other: Tile, subject: Wanted['subject'], tools: JudgeTools): boolean {
  const rank = (one: Tile) => {
    const verdict = verdictOn(one, subject, tools);
    return verdict?.rule === 'absent' ? 0 : isRuledRight(verdict) ? 2 : 1;
  };
  const [own, others] = [rank(tile), rank(other)];
  const now = tools.now();
  return own === others ? requestedAt(tile, now) > requestedAt(other, now) : own > others;
}

/** Returns the verdict on a tile; undefined without a ledger to judge by. */
export function verdictOn(tile: Tile, subject: Wanted['subject'], { ledger, now }: JudgeTools): Verdict | undefined {
  const { state } = ledger;
  return state && judge(state, subject, tile, isBefore(tile, recordOf(state, subject.layer.name)), now());
}
