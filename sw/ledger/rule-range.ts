import type { Invalidation } from '../../src/shared/invalidation';
import type { ManifestChange } from '../../src/shared/manifest';
import { coverAll, rangeHolds, type TileRange } from '../../src/shared/range';
import type { TilePlace } from '../../src/shared/tile-place';
import { decodeTiles, setHolds, type TileSet } from '../../src/shared/tile-set';

/** What a rule is about; the ledger keeps it as it is. */
export interface RuleRange extends TileRange {
  /** Just these tiles. The box and the zooms are around them, for places that are no tiles of the usual grid. */
  tiles?: TileSet;
}

/** Bytes of lists that a layer's rules may hold together: they are read at each start of the worker. */
const MAX_BYTES = 2 ** 20;
const MAX_TREES = 256;

/** True when the rule is about this place; `undefined` stands for a URL without one. */
export function ruleHolds(range: RuleRange, place: TilePlace | undefined): boolean {
  const { tiles } = range;
  // An image that is no tile of the grid may show any of them.
  if (!tiles || (place && 'crs' in place)) return rangeHolds(range, place);
  return place !== undefined && setHolds(tiles, place);
}

/** The range that an invalidation or a change names; `undefined` for the whole layer. */
export function rangeOf(from: Pick<Invalidation, 'bbox' | 'zooms' | 'scope' | 'buffer'>): TileRange | undefined {
  const { bbox, zooms, scope, buffer } = from;
  if (!bbox && !zooms && !scope) return undefined;
  return { ...(bbox && { bbox, buffer: buffer ?? 1 }), ...(zooms && { zooms }), ...(scope && { scope }) };
}

/** What the changes of one `from` come to: the lists with one range around them, and the others. `undefined`: the whole layer. */
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

/** True where the lists of some ranges are more than a layer's rules should hold. */
export function isHeavy(ranges: ReadonlyArray<RuleRange | undefined>): boolean {
  const trees = new Set(ranges.flatMap((range) => range?.tiles ?? []));
  return trees.size > MAX_TREES || [...trees].reduce((sum, { bits }) => sum + bits.length, 0) > MAX_BYTES;
}

/** One range around all, and one for all lists as long as those are not too long. */
export function coverRanges(ranges: readonly RuleRange[]): RuleRange[] {
  const lists = ranges.filter(({ tiles }) => tiles);
  if (lists.length === 0 || isHeavy(lists)) return [coverAll(ranges)];
  const others = ranges.filter(({ tiles }) => !tiles);
  const tiles = [...new Set(lists.flatMap(({ tiles }) => tiles!))];
  return [{ ...coverAll(lists), tiles }, ...(others.length > 0 ? [coverAll(others)] : [])];
}
