import type { Evidence } from './probe';

/** One thing that will go wrong, or does already. */
export interface Finding {
  /** Names the check; does not change. */
  code: string;
  /** `error`: people see wrong or no tiles, or tiles are stored nowhere. `warning`: slower or staler than it has to be. */
  level: 'error' | 'warning';
  /** What was seen. */
  seen: string;
  /** What happens then, at the edge, in the browser and in the worker. */
  happens: string;
  /** What to change. */
  cure: string;
}

/** Looks at what was seen for one misconfiguration. Pure. */
export type Check = (evidence: Evidence) => Finding | undefined;
