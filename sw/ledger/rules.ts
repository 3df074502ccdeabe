import type { TilePlace } from '../../src/shared/tile-place';
import { coverRanges, isHeavy, ruleHolds, type RuleRange } from './rule-range';

/**
 * `purge`: as if never stored. `stale`: validate before use.
 * `version`: the layer's version went on here; its `versionPolicy` decides when read.
 */
export type RuleMode = 'purge' | 'stale' | 'version';

/** Covers a stored tile exactly when the tile's epoch is lower and the range holds it. No clock takes part. */
export interface Rule {
  epoch: number;
  mode: RuleMode;
  /** Absent: the whole layer. */
  range?: RuleRange;
}

/** More rules than this merge into one per mode, so that start-up and every decision stay bounded. */
export const MAX_RULES = 64;

const STRENGTH: Record<RuleMode, number> = { version: 1, stale: 2, purge: 3 };

/** A later release may have left rules that this one does not know: they hide what they cover. */
const known = (mode: RuleMode): RuleMode => (Object.hasOwn(STRENGTH, mode) ? mode : 'purge');

/** The strongest rule mode that covers a tile of this epoch, or `undefined`. */
export function coveredBy(rules: readonly Rule[], tile: TilePlace | undefined, epoch: number): RuleMode | undefined {
  let found: RuleMode | undefined;
  for (const rule of rules) {
    const mode = known(rule.mode);
    if (epoch >= rule.epoch || (found && STRENGTH[mode] <= STRENGTH[found])) continue;
    if (!rule.range || ruleHolds(rule.range, tile)) found = mode;
  }
  return found;
}

/** True when some rule of any epoch holds this tile: its first fetch under that rule must reach the origin. */
export function everCovered(rules: readonly Rule[], tile: TilePlace | undefined): boolean {
  return rules.some((rule) => !rule.range || ruleHolds(rule.range, tile));
}

/** Adds a rule; those that it makes redundant retire, and too many merge into one per mode. */
export function addRule(rules: readonly Rule[], rule: Rule): Rule[] {
  // A later rule for the whole layer says all that an earlier one of its mode said, and a purge all that any said.
  const kept = rule.range
    ? rules.filter((old) => old.mode !== rule.mode || !sameRange(old.range, rule.range))
    : rules.filter((old) => rule.mode !== 'purge' && old.mode !== rule.mode);
  const next = [...kept, rule];
  return next.length > MAX_RULES || isHeavy(next.map(({ range }) => range)) ? mergeRules(next) : next;
}

function sameRange(a: RuleRange | undefined, b: RuleRange | undefined): boolean {
  // Lists are not compared: the same one twice is the same rule twice, and rare.
  return !a?.tiles && !b?.tiles && JSON.stringify(a) === JSON.stringify(b);
}

/** One rule a mode, and one for its lists of tiles, with the newest epoch and a range that covers all: more may be fetched again, never less. */
export function mergeRules(rules: readonly Rule[]): Rule[] {
  const merged: Rule[] = [];
  for (const mode of ['purge', 'stale', 'version'] as const) {
    const same = rules.filter((rule) => known(rule.mode) === mode);
    if (same.length === 0) continue;
    const epoch = Math.max(...same.map((rule) => rule.epoch));
    const ranges = same.map((rule) => rule.range);
    if (ranges.every((range) => range !== undefined))
      for (const range of coverRanges(ranges)) merged.push({ epoch, mode, range });
    else merged.push({ epoch, mode });
  }
  return merged;
}
