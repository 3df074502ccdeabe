import type { CacheTotals } from './index-database';

/** Adds up the totals of each layer's caches. */
export function layerTotals(totals: Iterable<CacheTotals>): Map<string, Pick<CacheTotals, 'tiles' | 'bytes'>> {
  const sums = new Map<string, { tiles: number; bytes: number }>();
  for (const { layer, tiles, bytes } of totals) {
    const sum = sums.get(layer) ?? { tiles: 0, bytes: 0 };
    sums.set(layer, { tiles: sum.tiles + tiles, bytes: sum.bytes + bytes });
  }
  return sums;
}
