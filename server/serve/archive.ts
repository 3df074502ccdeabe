import type { TileId } from '../../src/shared/tile';

/** An archive of tiles, as the server reads it. */
export interface Archive {
  /** Resolves with the extension of its tiles; '' if unknown. */
  type(): Promise<string>;
  /** Resolves with a tile in the form for clients, or with `undefined` if it does not exist. */
  tile(tile: TileId): Promise<Uint8Array | undefined>;
  /** Resolves with the TileJSON. `base` is the URL before a tile's zoom. */
  tileJson(base: string): Promise<object>;
}
