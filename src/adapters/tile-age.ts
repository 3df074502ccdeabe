import type { TileStatus } from '../shared/tile-use';

/** The age of a tile on the screen, and how the worker answered it. */
export interface TileAge {
  /** Seconds, now. */
  age: number;
  /** How the worker answered it last. */
  status: TileStatus;
  /** The version that there is evidence for. */
  version?: string;
  /** Bytes of its body, if the worker reported them. */
  bytes?: number;
}
