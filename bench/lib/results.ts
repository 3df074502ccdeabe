import { cpus, totalmem } from 'node:os';
import { type Figure, figure, ratio } from './stats';

/** What one scenario found: a figure for each contender (or size), in a fixed order. */
export interface Metric {
  title: string;
  unit: string;
  better: 'more' | 'less';
  /** One line of how it was measured. */
  how: string;
  rows: Row[];
}

export interface Row {
  name: string;
  label: string;
  figure: Figure;
  /** To the first row, round by round. */
  ratio?: Figure;
}

/** A goal and whether it was met, computed from the metrics. */
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

/** Rows of measured rounds; the first is the base of the ratios. */
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
