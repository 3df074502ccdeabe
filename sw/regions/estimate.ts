import type { Area } from '../../src/shared/area';
import type { TileId, ZoomRange } from '../../src/shared/tile';

/** Tiles of one layer, zoom and ratio: alike in size. */
export interface Stratum {
  layer: number;
  zoom: number;
  count: number;
}

/** Requests of a sample at most. */
export const MAX_SAMPLE = 60;

/** Tiles by layer and zoom; stops above `most`. */
export function strataOf(area: Area, zooms: ZoomRange, ratios: readonly number[], most: number): Stratum[] {
  const strata: Stratum[] = [];
  let all = 0;
  for (let zoom = zooms[0]; zoom <= zooms[1]; zoom += 1) {
    const count = area.count(zoom, most);
    ratios.forEach((times, layer) => strata.push({ layer, zoom, count: count * times }));
    all += count * ratios.reduce((sum, times) => sum + times, 0);
    if (all > most) break;
  }
  return strata;
}

/** How many of each stratum are asked for: one at the least, more where most tiles are. */
export function allot(strata: readonly Stratum[], budget = MAX_SAMPLE): number[] {
  const all = strata.reduce((sum, { count }) => sum + count, 0);
  const least = strata.map(({ count }) => Math.min(count, 1));
  const spare = Math.max(0, budget - least.reduce((sum, one) => sum + one, 0));
  const sizes = strata.map(({ count }, i) => Math.min(count, least[i]! + Math.floor((spare * count) / all)));
  // More strata than requests: the largest ones speak for the rest.
  let over = sizes.reduce((sum, one) => sum + one, 0) - budget;
  const order = strata.map((_, i) => i).sort((a, b) => strata[a]!.count - strata[b]!.count);
  for (const i of order) {
    if (over <= 0) break;
    over -= sizes[i]!;
    sizes[i] = 0;
  }
  return sizes;
}

const GOLDEN = 0.6180339887498949;

/** Tiles of a zoom spread over the whole area, the same at every call. */
export function spread(area: Area, zoom: number, count: number, size: number): TileId[] {
  const wanted = new Set<number>();
  for (let i = 1; wanted.size < Math.min(size, count) && i < 20 * size; i += 1)
    wanted.add(Math.floor(((i * GOLDEN) % 1) * count));
  const last = Math.max(-1, ...wanted);
  const tiles: TileId[] = [];
  let at = 0;
  for (const tile of area.tiles(zoom)) {
    if (wanted.has(at)) tiles.push(tile);
    if ((at += 1) > last) break;
  }
  return tiles;
}

/** The sum over all tiles from the sizes that a sample has, and the bounds that it lies in nine times of ten. */
export function extrapolate(
  strata: readonly Stratum[],
  sizes: ReadonlyArray<readonly number[]>,
): { bytes: number; spread: readonly [number, number] } | undefined {
  if (!sizes.some((of) => of.length > 0)) return undefined;
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length;
  const deviation = (of: readonly number[]) => {
    const middle = mean(of);
    return of.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (of.length - 1);
  };
  const nearest = (i: number) => {
    const { layer, zoom } = strata[i]!;
    const others = strata.map((_, k) => k).filter((k) => sizes[k]!.length > 0);
    const far = (k: number) => (strata[k]!.layer === layer ? 0 : 1000) + Math.abs(strata[k]!.zoom - zoom);
    return others.sort((a, b) => far(a) - far(b))[0]!;
  };
  let [bytes, variance] = [0, 0];
  strata.forEach(({ count }, i) => {
    const of = sizes[i]!.length > 0 ? sizes[i]! : sizes[nearest(i)]!;
    bytes += count * mean(of);
    // Of a single tile nothing is known of how much others differ: as much as it is large.
    const own = of.length > 1 ? deviation(of) : mean(of) ** 2;
    if (sizes[i]!.length < count) variance += (count ** 2 * own * (1 - sizes[i]!.length / count)) / of.length;
  });
  const reach = 1.645 * Math.sqrt(variance);
  return { bytes: Math.round(bytes), spread: [Math.max(0, Math.round(bytes - reach)), Math.round(bytes + reach)] };
}
