import { MAX_SAMPLE, type Stratum } from './strata';

/** Adjacent tiles, represented by one of them. */
export interface Run {
  stratum: number;
  /** The places of its tiles in the order of the stratum. */
  from: number;
  count: number;
  /** The place of the tile that is requested. */
  at: number;
  /** The tile's size in bytes; undefined if it is not known yet, or cannot be had. */
  size?: number;
  /** The run of a lower zoom whose tile contains this one. If it is set, only the ratio of the two sizes counts. */
  holds?: Run;
}

/** Returns where a tile lies, as shares of the world. */
export type PlaceOf = (stratum: number, at: number) => readonly [x: number, y: number];

/** Decides which tiles of a region to request, one after the other, from the sizes of those that have come. */
export interface Sampler {
  /**
   * Returns the next run to request; undefined if the sample is complete, or no tile is worth a request until others
   * have come.
   */
  next(): Run | undefined;
  /** The runs by stratum. */
  readonly runs: ReadonlyArray<readonly Run[]>;
}

/** The share of requests that the sampler spreads evenly; the others go where sizes differ. */
const EVEN = 0.5;
/** The share of requests for zooms that have few tiles, and of those for zooms between them and the highest. */
const ASIDE = 0.2;
/** Tiles of a zoom of which one says enough. */
const FEW = 12;
/** The difference to assume where sizes seem equal, as a share of the mean. */
const DOUBT = 0.15;
/** The number of surrounding tiles that show whether sizes differ there. */
const AROUND = 4;
const GOLDEN = 0.6180339887498949;

/**
 * Most tiles are of the highest zoom. Where they are a city in a sea, evenly spread requests guess how large it is: so the
 * first are spread evenly, and each of the next halves the run whose neighbours differ the most, which finds the border. The
 * run's own size is left out of that: to ask again where a tile was large by chance makes the sum too small. Tiles of lower
 * zooms are asked for above those that are known, more often above the large ones, and tell the factor between both zooms.
 */
export function createSampler(strata: readonly Stratum[], placeOf: PlaceOf, budget = MAX_SAMPLE): Sampler {
  let drawn = 0;
  const share = () => (++drawn * GOLDEN) % 1;
  const draw = (from: number, count: number) => from + Math.floor(share() * count);
  const runs: Run[][] = strata.map(() => []);
  const all = strata.reduce((sum, { count }) => sum + count, 0);
  const { tops, low, mid } = kindsOf(strata, all <= budget ? 0 : Math.floor(budget * ASIDE));
  const times = Math.min(3, Math.max(1, Math.floor((budget * ASIDE) / mid.length)));

  for (const stratum of all <= budget ? strata.keys() : tops) {
    const { count } = strata[stratum]!;
    const size = all <= budget ? count : Math.min(count, Math.max(1, Math.floor((budget * EVEN) / tops.length)));
    for (let i = 0; i < size; i += 1) {
      const [from, to] = [Math.floor((count * i) / size), Math.floor((count * (i + 1)) / size)];
      runs[stratum]!.push({ stratum, from, count: to - from, at: draw(from, to - from) });
    }
  }
  for (const stratum of low) {
    const { count } = strata[stratum]!;
    runs[stratum]!.push({ stratum, from: 0, count, at: draw(0, count) });
  }
  const first = runs.flat().slice(0, budget);
  // In no order, so that a sample that ends early has looked everywhere.
  const due = all <= budget ? first : scattered(first);
  const above = mid.flatMap((stratum) => Array.from({ length: times }, (_, i) => ({ stratum, i })));
  let left = budget - due.length - above.length;

  const split = (run: Run): Run => {
    const half = Math.floor(run.count / 2);
    const isFirst = run.at < run.from + half;
    const [from, count] = isFirst ? [run.from + half, run.count - half] : [run.from, half];
    const other: Run = { stratum: run.stratum, from, count, at: draw(from, count) };
    Object.assign(run, isFirst ? { count: half } : { from: run.from + half, count: run.count - half });
    runs[run.stratum]!.push(other);
    return other;
  };
  const nextSplit = (): Run | undefined => {
    let [best, most] = [undefined as Run | undefined, 0];
    for (const list of runs) {
      const mean = meanOf(sizesOf(list));
      for (const run of list) {
        if (run.size === undefined || run.holds || run.count < 2) continue;
        const around = nearest(run, list, placeOf);
        const differ = around.length > 1 ? spreadOf(around) : run.size;
        const worth = run.count * Math.max(differ, DOUBT * mean);
        if (worth > most) [best, most] = [run, worth];
      }
    }
    return best && split(best);
  };
  /** Returns a tile of a lower zoom, above one that is known: the larger that is, the more often. */
  const nextAbove = (): Run | undefined => {
    const next = above.shift();
    if (!next) return undefined;
    const { stratum, i } = next;
    const known = runs[topOf(strata, stratum)]!.filter(({ size }) => size !== undefined);
    const weight = ({ count, size }: Run) => count * Math.max(1, size!);
    const sum = known.reduce((all, run) => all + weight(run), 0);
    let at = (sum * (i + share())) / times;
    const holds = known.find((run) => (at -= weight(run)) <= 0);
    if (!holds) return nextAbove();
    const run: Run = { stratum, from: 0, count: strata[stratum]!.count, at: 0, holds };
    runs[stratum]!.push(run);
    return run;
  };

  return {
    runs,
    next() {
      const first = due.shift();
      if (first) return first;
      const next = left > 0 ? nextSplit() : undefined;
      if (next) left -= 1;
      return next ?? nextAbove();
    },
  };
}

const scattered = <T>(list: readonly T[]): T[] =>
  list
    .map((one, i) => ({ one, place: (i * GOLDEN) % 1 }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);

/** Returns the stratum of the highest zoom of the same layer and ratio. */
export function topOf(strata: readonly Stratum[], stratum: number): number {
  const { layer, ratio } = strata[stratum]!;
  return strata.map((one) => one.layer === layer && one.ratio === ratio && one.count > 0).lastIndexOf(true);
}

/** Places of the strata that are spread over, those of which one tile is asked for, and those between. */
function kindsOf(strata: readonly Stratum[], most: number): Record<'tops' | 'low' | 'mid', number[]> {
  const all = [...strata.keys()].filter((i) => strata[i]!.count > 0);
  const isTop = (i: number) => topOf(strata, i) === i;
  const rest = all.filter((i) => !isTop(i)).sort((a, b) => strata[b]!.count - strata[a]!.count);
  const mid = rest.filter((i) => strata[i]!.count > FEW);
  // Of the zooms with one tile, sample every other one, which also represents the next.
  const low = rest.filter((i) => strata[i]!.count <= FEW && (strata[i]!.count > 1 || strata[i]!.zoom % 2 === 0));
  return { tops: all.filter(isTop), low: low.slice(0, most), mid: mid.slice(0, most) };
}

/** Returns the sizes of the nearest other tiles of the zoom. */
function nearest(run: Run, list: readonly Run[], placeOf: PlaceOf): number[] {
  const [x, y] = placeOf(run.stratum, run.at);
  const others = list.flatMap((other) => {
    if (other === run || other.size === undefined) return [];
    const [ox, oy] = placeOf(other.stratum, other.at);
    return [{ size: other.size, far: (ox - x) ** 2 + (oy - y) ** 2 }];
  });
  return others
    .sort((a, b) => a.far - b.far)
    .slice(0, AROUND)
    .map(({ size }) => size);
}

export const sizesOf = (runs: readonly Run[]): number[] =>
  runs.flatMap(({ size }) => (size === undefined ? [] : [size]));

export const meanOf = (sizes: readonly number[]): number =>
  sizes.length === 0 ? 0 : sizes.reduce((sum, one) => sum + one, 0) / sizes.length;

function spreadOf(sizes: readonly number[]): number {
  const mean = meanOf(sizes);
  return Math.sqrt(meanOf(sizes.map((one) => (one - mean) ** 2)));
}
