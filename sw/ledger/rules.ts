import type { TilePlace } from '../../src/shared/tile-place';
import { coverRanges, isHeavy, ruleHolds, type RuleRange } from './rule-range';

/**
 * `purge`: treat the tile as if it had never been stored. `stale`: validate it before use.
 * `version`: the layer's version changed here; the layer's `versionPolicy` decides when the tile is read.
 */
export type RuleMode = 'purge' | 'stale' | 'version';

/** Covers a stored tile if the tile's epoch is lower and the range holds the tile. No clock is involved. */
export interface Rule {
  epoch: number;
  mode: RuleMode;
  /** @default the whole layer */
  range?: RuleRange;
}

/** Above this number, rules merge into one per mode, so that start-up and each decision stay fast. */
export const MAX_RULES = 64;

const STRENGTH: Record<RuleMode, number> = { version: 1, stale: 2, purge: 3 };

/** A later release may have left modes that this one does not know: they count as `purge`, which is safe. */
const known = (mode: RuleMode): RuleMode => (Object.hasOwn(STRENGTH, mode) ? mode : 'purge');

/** The strongest mode among the rules that cover a tile of this epoch, or `undefined` if none does. */
export function coveredBy(rules: readonly Rule[], tile: TilePlace | undefined, epoch: number): RuleMode | undefined {
  let found: RuleMode | undefined;
  for (const rule of rules) {
    const mode = known(rule.mode);
    if (epoch >= rule.epoch || (found && STRENGTH[mode] <= STRENGTH[found])) continue;
    if (!rule.range || ruleHolds(rule.range, tile)) found = mode;
  }
  return found;
}

/**
 * True if the range of any rule, whatever its epoch, holds this tile: the first fetch under it must reach the origin.
 */
export function everCovered(rules: readonly Rule[], tile: TilePlace | undefined): boolean {
  return rules.some((rule) => !rule.range || ruleHolds(rule.range, tile));
}

/** Adds a rule and drops those that it makes redundant. Too many rules merge into one per mode. */
export function addRule(rules: readonly Rule[], rule: Rule): Rule[] {
  // A later rule for the whole layer replaces earlier ones of its mode, and a purge replaces all rules.
  const kept = rule.range
    ? rules.filter((old) => old.mode !== rule.mode || !sameRange(old.range, rule.range))
    : rules.filter((old) => rule.mode !== 'purge' && old.mode !== rule.mode);
  const next = [...kept, rule];
  return next.length > MAX_RULES || isHeavy(next.map(({ range }) => range)) ? mergeRules(next) : next;
}

function sameRange(a: RuleRange | undefined, b: RuleRange | undefined): boolean {
  // Lists are not compared: the same list twice is rare, and keeping both rules does no harm.
  return !a?.tiles && !b?.tiles && JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Merges rules into one per mode, and one more for the mode's lists of tiles. Each takes the newest epoch and a range
 * that covers all, so that the worker may fetch more tiles again, but never fewer.
 */
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
