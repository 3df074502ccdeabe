import { meanOf, type PlaceOf, type Run, sizesOf, topOf } from './sampler';
import type { Stratum } from './strata';

/** Of the normal distribution: nine in ten lie within. */
const NINE_IN_TEN = 1.645;

interface Sum {
  bytes: number;
  /** The variance of `bytes`. */
  doubt: number;
}

/** The sum over all tiles from the sizes that a sample has, and the bounds that it lies in nine times of ten. */
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
  const sums = strata.map(({ count }, i): Sum => {
    if (count === 0) return { bytes: 0, doubt: 0 };
    const direct = known[i]!.filter(({ holds }) => !holds);
    if (direct.length > 0) return sumOf(direct, count);
    const top = topOf(strata, i);
    const ratios = known[i]!.map(({ size, holds }) => size! / Math.max(1, holds!.size!));
    return ratios.length > 0
      ? sumByRatio(ratios, count / strata[top]!.count, sumOf(known[top]!, strata[top]!.count))
      : sumFromOthers(zoomsBeside(strata, known, i), count);
  });
  const bytes = sums.reduce((sum, one) => sum + one.bytes, 0);
  const reach = NINE_IN_TEN * Math.sqrt(sums.reduce((sum, { doubt }) => sum + doubt, 0));
  return { bytes: Math.round(bytes), spread: [Math.max(0, Math.round(bytes - reach)), Math.round(bytes + reach)] };
}

/** Looks at so many tiles of a zoom. */
const LOOKS = 2000;

/** Each tile is as the nearest one that is known: so many stand for each of these. */
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

/** Each run is as its tile is; what could not be had is as the rest. */
function sumOf(known: readonly Run[], count: number): Sum {
  const share = count / known.reduce((sum, run) => sum + run.count, 0);
  const inOrder = [...known].sort((a, b) => a.from - b.from);
  let [bytes, doubt] = [0, 0];
  inOrder.forEach((run, i) => {
    const size = run.size!;
    bytes += share * run.count * size;
    const beside = sizesOf([inOrder[i - 1], inOrder[i + 1]].filter((one) => one !== undefined));
    // Of a single tile nothing is known of how much others differ: as much as it is large.
    const differs = beside.length > 0 ? meanOf(beside.map((one) => (one - size) ** 2)) / 2 : size ** 2;
    doubt += (share * run.count) ** 2 * differs * (1 - 1 / run.count);
  });
  return { bytes, doubt };
}

/** From what tiles are to those of the highest zoom beneath them: these were drawn by their size. */
function sumByRatio(ratios: readonly number[], share: number, top: Sum): Sum {
  const mean = meanOf(ratios);
  const differs = ratios.length > 1 ? meanOf(ratios.map((one) => (one - mean) ** 2)) / (ratios.length - 1) : mean ** 2;
  const bytes = share * mean * top.bytes;
  return { bytes, doubt: (share * top.bytes) ** 2 * differs + (share * mean) ** 2 * top.doubt };
}

/** From the zooms below and above. */
function sumFromOthers(means: readonly number[], count: number): Sum {
  // Sizes change by a factor from one zoom to the next.
  const mean = Math.exp(meanOf(means.map((one) => Math.log(Math.max(1, one)))));
  return { bytes: count * mean, doubt: (count * mean) ** 2 };
}

/** Mean sizes of the nearest zooms below and above of which something is known, of the same layer and ratio where there are such. */
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
