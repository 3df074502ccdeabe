import type { Contender } from '../contenders/index';
import type { Lab } from '../lib/lab';
import type { Metric } from '../lib/results';

/** What every scenario gets. */
export interface Context {
  contenders: Contender[];
  labels: ReadonlyMap<string, string>;
  /** A fresh browser with these contenders, without a worker, ours, the hand-written one and Workbox by default; closed after `work`. */
  inLab: <T>(work: (lab: Lab) => Promise<T>, names?: readonly string[]) => Promise<T>;
  rounds: number;
  /** Checks that everything runs; the figures mean little. */
  quick: boolean;
  say: (text: string) => void;
}

/** Measures and gives its metrics by name. */
export type Scenario = (context: Context) => Promise<Record<string, Metric>>;

/** Contenders of a scenario in which the platform's own cost is the question. */
export const withBare = ['none', 'tile-cache', 'bare', 'swr', 'workbox'];
