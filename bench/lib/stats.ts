/** A figure with its spread: the median and the quartiles of several rounds. */
export interface Figure {
  median: number;
  q1: number;
  q3: number;
  n: number;
}

/** Returns the quantile `p` of the values, interpolated. NaN for no values. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * p;
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

/** Returns the median and the quartiles, rounded to three significant digits: more would only show noise. */
export function figure(values: readonly number[]): Figure {
  return {
    median: round(quantile(values, 0.5)),
    q1: round(quantile(values, 0.25)),
    q3: round(quantile(values, 0.75)),
    n: values.length,
  };
}

/** Returns the figure of the ratios of each round, so that load during a whole round cancels out. */
export function ratio(values: readonly number[], base: readonly number[]): Figure {
  return figure(values.slice(0, base.length).map((value, at) => value / (base[at] as number)));
}

export const round = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(3)) : value);
