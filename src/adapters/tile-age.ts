import type { TileStatus } from '../shared/tile-use';

/** How old a tile is that the map shows, and how it came. */
export interface TileAge {
  /** Seconds, now. */
  age: number;
  /** How the worker answered it last. */
  status: TileStatus;
  /** The version that there is evidence for. */
  version?: string;
  /** Bytes of its body, where the worker told. */
  bytes?: number;
}
