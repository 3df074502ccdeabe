import type { FillTools } from './fill-tools';
import type { Job } from './job';
import type { RegionRecord } from './records';

/** The parts of regions that tidying needs. */
export type TidyTools = Pick<FillTools, 'book' | 'packs' | 'sleep' | 'lending' | 'ledger' | 'now'> & {
  origin: string;
  /** Reports a region that the browser has deleted. */
  lost: (record: RegionRecord) => void;
  alone: Job['alone'];
};
