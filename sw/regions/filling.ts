import type { FailedTile } from '../../src/shared/regions';
import type { Trouble } from './ask-origin';
import type { BlockPlan, Settled } from './block-plan';
import type { FillTools, Limits } from './fill-tools';
import type { Live, Unstaged } from './live';
import type { StagedTile } from './records';

/** Watches the filling of a block. */
export interface Progress {
  live: Pick<Live, 'unstaged' | 'refusing'>;
  settled: (key: string, bytes: number) => void;
}

/** A block that is being filled. */
export interface Filling {
  readonly plan: BlockPlan;
  readonly tools: FillTools;
  readonly watch: Limits & Progress;
  /** The tiles that an earlier run of the worker has staged, by key. */
  readonly staged: ReadonlyMap<string, StagedTile>;
  readonly done: Map<string, Settled>;
  readonly failed: Map<string, FailedTile>;
  /** Kept for the next slice. */
  readonly unstaged: Unstaged;
  /** Bytes of the settled tiles. */
  held: number;
  /** Failures of the origin in a row. */
  troubles: number;
  /** The origin has answered with a tile. */
  answered: boolean;
  /** If set, tiles that would have to be requested fail with this reason. */
  refused?: string;
  /** Set when the host is gone while the network is there, and the worker has waited for it long enough. */
  gaveUp?: true;
  /** The last failure of the origin. */
  latest?: Trouble;
  /** If set, the block ends here for now. */
  trouble?: Trouble;
}
