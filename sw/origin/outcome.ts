import type { Refusal, StatusDetail } from '../../src/shared/status-detail';
import type { Tile } from '../store/tile-store';

/** How an exchange with the origin ended. */
export type Outcome =
  /** `tile` has its bytes, unless opaque; `same` where they are known to be those that were stored. */
  | { kind: 'tile'; tile: Tile; notModified: boolean; stored: boolean; same: boolean }
  /** Nothing usable: `status` is the origin's, `tile` what it said; neither where the network failed. */
  | { kind: 'failure'; reason: StatusDetail | Refusal | 'status'; status?: number; tile?: Tile };
