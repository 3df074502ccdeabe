import type { Contender } from '../contenders/index';
import type { Lab } from '../lib/lab';
import type { Metric } from '../lib/results';

/** The context that every scenario receives. */
export interface Context {
  contenders: Contender[];
  labels: ReadonlyMap<string, string>;
  /**
   * Opens a fresh browser with these contenders, runs `work`, and closes it. By default: no worker, this package, the
   * hand-written worker, and Workbox.
   */
  inLab: <T>(work: (lab: Lab) => Promise<T>, names?: readonly string[]) => Promise<T>;
  rounds: number;
  /** Whether the run only checks that everything works. Its figures mean little. */
  quick: boolean;
  say: (text: string) => void;
}

/** Measures, and returns metrics by name. */
export type Scenario = (context: Context) => Promise<Record<string, Metric>>;

/** The contenders of a scenario that also measures the platform's own cost. */
export const withLeast = ['none', 'tile-cache', 'bare', 'least', 'swr', 'workbox'];
