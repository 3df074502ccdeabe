import { meanOf, type PlaceOf, type Run, sizesOf, topOf } from './sampler';
import type { Stratum } from './strata';

/** Standard deviations of the normal distribution within which nine in ten values lie. */
const NINE_IN_TEN = 1.645;
/** The probability that the sample misses a place that is larger than `missable` says. */
const ONE_IN_TEN = 0.1;
/**
 * The least number of bytes to assume for a tile in a place that the sample has not seen: a town where all else is sea.
 */
const UNSEEN_BYTES = 32_768;

interface Sum {
  bytes: number;
  /** The variance of `bytes`. */
  doubt: number;
  /** Bytes of the tiles that may lie where the sample has not looked. */
  unseen: number;
}

/** Extrapolates the sum over all tiles from the sizes in a sample, with bounds that hold nine times in ten. */
export function extrapolate(
  strata: readonly Stratum[],
  runs: ReadonlyArray<readonly Run[]>,
  placeOf: PlaceOf,
): { bytes: number; spread: readonly [number, number] } | undefined {
  if (sizesOf(runs.flat()).length === 0) return undefined;
  const known = runs.map((list, i) =>
    weighted(
      list.filter(({ size }) => size !== undefined),
      strata[i]!.count,
      placeOf,
    ),
  );
  const largest = largestOf(strata, known);
  const sums = strata.map(({ layer, count }, i): Sum => {
    if (count === 0) return { bytes: 0, doubt: 0, unseen: 0 };
    const direct = known[i]!.filter(({ holds }) => !holds);
    if (direct.length > 0) return sumOf(direct, count, largest[layer]!);
    const top = topOf(strata, i);
    const ratios = known[i]!.map(({ size, holds }) => size! / Math.max(1, holds!.size!));
    return ratios.length > 0
      ? sumByRatio(ratios, count / strata[top]!.count, sumOf(known[top]!, strata[top]!.count, largest[layer]!))
      : sumFromOthers(zoomsBeside(strata, known, i), count);
  });
  const total = (of: (sum: Sum) => number) => sums.reduce((all, one) => all + of(one), 0);
  const bytes = total((sum) => sum.bytes);
  const reach = NINE_IN_TEN * Math.sqrt(total(({ doubt }) => doubt));
  const most = bytes + reach + total(({ unseen }) => unseen);
  return { bytes: Math.round(bytes), spread: [Math.max(0, Math.round(bytes - reach)), Math.round(most)] };
}

/** Returns, by layer, the size of the largest known tile, or that of a town's tile if that is larger. */
function largestOf(strata: readonly Stratum[], known: ReadonlyArray<readonly Run[]>): number[] {
  const largest: number[] = [];
  strata.forEach(({ layer }, i) => {
    largest[layer] = Math.max(largest[layer] ?? UNSEEN_BYTES, ...sizesOf(known[i]!));
  });
  return largest;
}

/**
 * Returns the share of tiles that may lie together without one of them in the sample: of ten such places the sample
 * would find nine.
 */
function missable(known: readonly Run[], count: number): number {
  if (known.length >= count) return 0;
  // Runs of very different lengths find less than the same number of even ones.
  const squares = known.reduce((sum, run) => sum + run.count ** 2, 0);
  const even = known.reduce((sum, run) => sum + run.count, 0) ** 2 / squares;
  return 1 - ONE_IN_TEN ** (1 / even);
}

/** The number of tiles of a zoom that it looks at. */
const LOOKS = 2000;

/** Takes each tile for as large as the nearest known one, and counts how many tiles each known one stands for. */
function weighted(known: readonly Run[], count: number, placeOf: PlaceOf): readonly Run[] {
  if (known.length < 2 || known.some(({ holds }) => holds)) return known;
  const places = known.map(({ stratum, at }) => placeOf(stratum, at));
  const counts = known.map(() => 0);
  const looks = Math.min(LOOKS, count);
  for (let i = 0; i < looks; i += 1) {
    const [x, y] = placeOf(known[0]!.stratum, Math.floor(((i + 0.5) * count) / looks));
    let [best, least] = [0, Infinity];
    places.forEach(([ox, oy], k) => {
      const far = (ox - x) ** 2 + (oy - y) ** 2;
      if (far < least) [best, least] = [k, far];
    });
    counts[best]! += count / looks;
  }
  return known.map((run, i) => ({ ...run, count: Math.max(1, counts[i]!) }));
}

/** Takes all tiles of a run for as large as its sampled tile, and runs without a size for as large as the rest. */
function sumOf(known: readonly Run[], count: number, largest: number): Sum {
  const share = count / known.reduce((sum, run) => sum + run.count, 0);
  const inOrder = [...known].sort((a, b) => a.from - b.from);
  let [bytes, doubt] = [0, 0];
  inOrder.forEach((run, i) => {
    const size = run.size!;
    bytes += share * run.count * size;
    const beside = sizesOf([inOrder[i - 1], inOrder[i + 1]].filter((one) => one !== undefined));
    // A single tile does not tell how much others differ: assume as much as its size.
    const differs = beside.length > 0 ? meanOf(beside.map((one) => (one - size) ** 2)) / 2 : size ** 2;
    doubt += (share * run.count) ** 2 * differs * (1 - 1 / run.count);
  });
  return { bytes, doubt, unseen: missable(known, count) * Math.max(0, count * largest - bytes) };
}

/** Sums from the ratio of tiles to those of the highest zoom beneath them, which the sampler drew by their size. */
function sumByRatio(ratios: readonly number[], share: number, top: Sum): Sum {
  const mean = meanOf(ratios);
  const differs = ratios.length > 1 ? meanOf(ratios.map((one) => (one - mean) ** 2)) / (ratios.length - 1) : mean ** 2;
  const bytes = share * mean * top.bytes;
  const doubt = (share * top.bytes) ** 2 * differs + (share * mean) ** 2 * top.doubt;
  return { bytes, doubt, unseen: share * mean * top.unseen };
}

/** Sums from the zooms below and above. */
function sumFromOthers(means: readonly number[], count: number): Sum {
  // Sizes change by a factor from one zoom to the next.
  const mean = Math.exp(meanOf(means.map((one) => Math.log(Math.max(1, one)))));
  return { bytes: count * mean, doubt: (count * mean) ** 2, unseen: 0 };
}

/** Returns the mean sizes of the nearest known zooms below and above, of the same layer and ratio if there are such. */
function zoomsBeside(strata: readonly Stratum[], known: ReadonlyArray<readonly Run[]>, stratum: number): number[] {
  const own = strata[stratum]!;
  const all = strata.flatMap(({ layer, ratio, zoom }, i) => {
    const far = (layer === own.layer ? 0 : 1000) + (ratio === own.ratio ? 0 : 100);
    return known[i]!.length > 0 ? [{ zoom, far, mean: meanOf(sizesOf(known[i]!)) }] : [];
  });
  const nearest = Math.min(...all.map(({ far }) => far));
  const alike = all.filter(({ far }) => far === nearest);
  const below = alike.filter(({ zoom }) => zoom <= own.zoom).at(-1);
  const above = alike.find(({ zoom }) => zoom > own.zoom);
  return [below, above].flatMap((one) => (one ? [one.mean] : []));
}
