import type { Trouble } from './ask-origin';
import type { Block } from './blocks';
import type { FillTools } from './fill-tools';
import type { Lives } from './live';
import type { RegionRecord } from './records';

export interface JobTools extends FillTools {
  /** The worker's own origin. */
  origin: string;
  /** A region's state has changed. */
  told: (id: string, now?: boolean) => void;
  /** What the style needs, where there is one. */
  fillAssets: (record: RegionRecord, signal: AbortSignal) => Promise<RegionRecord | Trouble>;
}

/** What the job itself adds for its parts. */
export interface WorkTools extends JobTools {
  lives: Lives;
  /** The blocks of a region, computed once. */
  blocksFor: (record: RegionRecord) => Block[];
}
