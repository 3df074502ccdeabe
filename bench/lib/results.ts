import { cpus, totalmem } from 'node:os';
import { type Figure, figure, ratio } from './stats';

/** The result of one scenario: a figure for each contender (or size), in a fixed order. */
export interface Metric {
  title: string;
  unit: string;
  better: 'more' | 'less';
  /** How it was measured, in one line. */
  how: string;
  rows: Row[];
}

export interface Row {
  name: string;
  label: string;
  figure: Figure;
  /** The ratio to the first row, computed round by round. */
  ratio?: Figure;
}

/** A goal, and whether the metrics meet it. */
export interface Target {
  goal: string;
  limit: string;
  measured: string;
  met: boolean;
}

/** The file `bench/results/latest.json`. */
export interface Results {
  measuredAt: string;
  quick: boolean;
  machine: { cores: number; memory: string; system: string; browser: string };
  metrics: Record<string, Metric>;
  targets: Target[];
}

export const machine = (browser: string): Results['machine'] => ({
  cores: cpus().length,
  memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
  system: `${process.platform} ${process.arch}`,
  browser,
});

type About = Omit<Metric, 'rows'>;

/** Creates a metric from the rows of measured rounds. Ratios are relative to the first row. */
export function metric(
  about: About,
  labels: ReadonlyMap<string, string>,
  values: ReadonlyMap<string, readonly number[]>,
): Metric {
  const [base] = values.values();
  const rows = [...values].map(([name, list]) => ({
    name,
    label: labels.get(name) ?? name,
    figure: figure(list),
    ...(base && base !== list && list.length === base.length && { ratio: ratio(list, base) }),
  }));
  return { ...about, rows };
}
