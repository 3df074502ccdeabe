import type { Refusal, StatusDetail } from '../../src/shared/status-detail';
import type { Tile } from '../store/tile-store';

/** How an exchange with the origin ended. */
export type Outcome =
  /** `tile` has its bytes, unless it is opaque; `same` is true if the bytes are known to equal the stored ones. */
  | { kind: 'tile'; tile: Tile; notModified: boolean; stored: boolean; same: boolean }
  /**
   * Nothing usable came: `status` is the origin's status and `tile` its answer; neither is set if the network failed.
   */
  | { kind: 'failure'; reason: StatusDetail | Refusal | 'status'; status?: number; tile?: Tile };
