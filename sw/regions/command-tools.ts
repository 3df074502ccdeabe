import type { FillTools } from './fill-tools';
import type { Job } from './job';
import type { Space } from './space';

/** The tools that carry out the pages' commands. */
export interface CommandTools extends FillTools {
  /** The worker's own origin. */
  origin: string;
  job: Job;
  space: Space;
  /** Providers that the operator has an agreement with. */
  bulk: readonly string[];
  /** Tells pages that a region's state has changed. */
  told: (id: string, now?: boolean) => void;
}
