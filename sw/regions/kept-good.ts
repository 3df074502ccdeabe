import { isNegative } from '../http/statuses';
import type { Tile } from '../store/tile-store';
import type { Wanted } from '../lookup/wanted';
import type { BlockPlan, Settled } from './block-plan';
import { entryTile } from './entry-tile';
import type { FillTools } from './fill-tools';
import { verdictOn } from './right';
import { fromEntry } from './take-over';

/**
 * Returns the good tile of the edition in force if the origin says that there is none any more: one 404 is no proof
 * against a tile of the same version, because a publication may have gone wrong half way. Undefined if the answer
 * retires the tile: a 410, a newer version's answer, or another one after the layer's `negativeMaxAge`.
 */
export function keptGood(
  { key, subject }: Wanted,
  answer: Tile,
  { old, oldName }: Pick<BlockPlan, 'old' | 'oldName'>,
  tools: Pick<FillTools, 'ledger' | 'now'>,
): Settled | undefined {
  const entry = old?.entries.get(key);
  const good = entry && entryTile(entry, '');
  if (!good || !oldName || !isNegative(answer) || answer.status === 410 || isNegative(good)) return undefined;
  const verdict = verdictOn(good, subject, tools);
  if (!verdict || good.meta.ledger !== tools.ledger.state?.id) return undefined;
  // A tile that is marked stale is still good, one of an earlier version is not.
  if (verdict.otherVersion || (verdict.rule !== 'none' && verdict.by !== 'marked-stale')) return undefined;
  const [before, after] = [verdict.label, answer.meta.version];
  if (before !== '' && after !== '' && before !== after) return undefined;
  const at = answer.meta.requestAt;
  // A time ahead comes from a clock that was set back since.
  const missedAt = Math.min(entry.missedAt ?? at, at);
  if ((at - missedAt) / 1000 >= subject.layer.negativeMaxAge) return undefined;
  return asKept(key, missedAt, { old, oldName });
}

/** Returns a tile as it is in the edition in force; the origin has lacked it since `missedAt`. */
export function asKept(
  key: string,
  missedAt: number,
  { old, oldName }: Pick<BlockPlan, 'old' | 'oldName'>,
): Settled | undefined {
  const entry = old?.entries.get(key);
  if (!entry || !oldName) return undefined;
  const { item, bytes } = fromEntry(entry, oldName, false);
  return { item: { ...item, missedAt }, bytes, fresh: missedAt !== entry.missedAt };
}
