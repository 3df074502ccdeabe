import type { Invalidation } from '../../src/shared/invalidation';
import type { ManifestChange } from '../../src/shared/manifest';
import { coverAll, rangeHolds, type TileRange } from '../../src/shared/range';
import type { TilePlace } from '../../src/shared/tile-place';
import { decodeTiles, setHolds, type TileSet } from '../../src/shared/tile-set';

/** The tiles that a rule covers. The ledger stores it unchanged. */
export interface RuleRange extends TileRange {
  /** Only these tiles. The box and the zooms enclose them, for places outside the usual tile grid. */
  tiles?: TileSet;
}

/** The most bytes in all the tile lists of a layer's rules: the worker reads them each time it starts. */
const MAX_BYTES = 2 ** 20;
const MAX_TREES = 256;

/** True if the range holds this place; `undefined` stands for a URL without a place. */
export function ruleHolds(range: RuleRange, place: TilePlace | undefined): boolean {
  const { tiles } = range;
  // An image outside the grid may show any of the listed tiles.
  if (!tiles || (place && 'crs' in place)) return rangeHolds(range, place);
  return place !== undefined && setHolds(tiles, place);
}

/** The range that an invalidation or a change names; `undefined` for the whole layer. */
export function rangeOf(from: Pick<Invalidation, 'bbox' | 'zooms' | 'scope' | 'buffer'>): TileRange | undefined {
  const { bbox, zooms, scope, buffer } = from;
  if (!bbox && !zooms && !scope) return undefined;
  return { ...(bbox && { bbox, buffer: buffer ?? 1 }), ...(zooms && { zooms }), ...(scope && { scope }) };
}

/**
 * The ranges of the changes from one version: the lists, each with one range around all of them, and the other ranges.
 * `undefined`: the whole layer. Throws `INVALID_MANIFEST` for a list that cannot be decoded.
 */
export function rangesOf(changes: readonly ManifestChange[]): RuleRange[] | undefined {
  const others = changes.filter(({ tiles }) => tiles === undefined).map(rangeOf);
  if (others.includes(undefined)) return undefined;
  const listed = changes.filter(({ tiles }) => tiles !== undefined);
  const around = coverAll(listed.map((change) => rangeOf(change) ?? {}));
  const lists = listed.flatMap(({ tiles }): RuleRange[] => {
    const set = decodeTiles(tiles!, 'changes.tiles', 'INVALID_MANIFEST');
    return set.length > 0 ? [{ ...around, tiles: set }] : [];
  });
  return [...lists, ...(others as TileRange[])];
}

/** True if the lists of these ranges exceed what a layer's rules may hold. */
export function isHeavy(ranges: ReadonlyArray<RuleRange | undefined>): boolean {
  const trees = new Set(ranges.flatMap((range) => range?.tiles ?? []));
  return trees.size > MAX_TREES || [...trees].reduce((sum, { bits }) => sum + bits.length, 0) > MAX_BYTES;
}

/** Merges ranges: one range around all boxes, and one for all lists unless the lists are too long. */
export function coverRanges(ranges: readonly RuleRange[]): RuleRange[] {
  const lists = ranges.filter(({ tiles }) => tiles);
  if (lists.length === 0 || isHeavy(lists)) return [coverAll(ranges)];
  const others = ranges.filter(({ tiles }) => !tiles);
  const tiles = [...new Set(lists.flatMap(({ tiles }) => tiles!))];
  return [{ ...coverAll(lists), tiles }, ...(others.length > 0 ? [coverAll(others)] : [])];
}
