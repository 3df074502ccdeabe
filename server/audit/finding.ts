import type { Evidence } from './probe';

/** One misconfiguration that causes, or will cause, a problem. */
export interface Finding {
  /** The stable code of the check. */
  code: string;
  /**
   * `error`: people see wrong tiles or none, or tiles are stored nowhere. `warning`: tiles are slower or staler than
   * necessary.
   */
  level: 'error' | 'warning';
  /** The observation. */
  seen: string;
  /** The consequences at the edge, in the browser and in the worker. */
  happens: string;
  /** The remedy. */
  cure: string;
}

/** Examines the evidence for one misconfiguration. Pure. */
export type Check = (evidence: Evidence) => Finding | undefined;
