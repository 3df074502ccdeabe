import type { TileStatus } from '../shared/tile-use';

/** The age of a tile on the screen, and how the worker answered it. */
export interface TileAge {
  /** Current age in seconds. */
  age: number;
  /** How the worker last answered the tile. */
  status: TileStatus;
  /** The version that the tile is known to have. */
  version?: string;
  /** Bytes of its body, if the worker reported them. */
  bytes?: number;
}
