import type { Contender } from '../contenders/index';
import type { Lab } from '../lib/lab';
import type { Metric } from '../lib/results';

/** What every scenario gets. */
export interface Context {
  contenders: Contender[];
  labels: ReadonlyMap<string, string>;
  /** All contenders in one browser. */
  lab: Lab;
  rounds: number;
  /** Checks that everything runs; the figures mean little. */
  quick: boolean;
  say: (text: string) => void;
}

/** Measures and gives its metrics by name. */
export type Scenario = (context: Context) => Promise<Record<string, Metric>>;
