import type { Block } from './blocks';
import type { FillTools } from './fill-tools';
import type { Lives } from './live';
import type { RegionRecord } from './records';

export interface JobTools extends FillTools {
  /** Tells pages that a region's state has changed. */
  told: (id: string, now?: boolean) => void;
}

/** The tools of the job, with those that it adds for its parts. */
export interface WorkTools extends JobTools {
  lives: Lives;
  /** Returns the blocks of a region, computed once. */
  blocksFor: (record: RegionRecord) => Block[];
}
