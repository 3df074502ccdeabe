import type { TileAddress } from '../../src/shared/tile-matcher';
import type { TileId } from '../../src/shared/tile';
import type { Digest } from '../util/digest';
import type { TileHandler } from '../request/handle-tile';
import type { Ledger } from '../ledger/ledger';
import type { Lookup } from '../lookup/lookup';

/** The parts of a running cache that placeholders need. */
export interface PlaceholderTools {
  /** Returns the tile that a URL addresses. */
  match: (url: string) => TileAddress | undefined;
  /** The state of the ledger. */
  ledger: Pick<Ledger, 'state'>;
  /** Hashes a text. */
  digest: Digest;
  /** Reads the store. */
  lookup: Lookup;
  /** Epoch milliseconds. */
  now: () => number;
  /** Resolves after `ms` milliseconds. */
  sleep: (ms: number) => Promise<void>;
  /** Tells every page that a tile has new bytes. */
  updated: (layer: string, tile: TileId) => Promise<void>;
}

/** Makes the handler of tile requests answer with placeholders. */
export type Placeholders = (handle: TileHandler, tools: PlaceholderTools) => TileHandler;
