import type { TileId } from '../../src/shared/tile';

/** What is read of a file of tiles. */
export interface Archive {
  /** The extension of its tiles; '' where it is not known. */
  type(): Promise<string>;
  /** A tile as clients get it; `undefined`: there is none. */
  tile(tile: TileId): Promise<Uint8Array | undefined>;
  /** TileJSON; `base` is what stands before a tile's zoom. */
  tileJson(base: string): Promise<object>;
}
