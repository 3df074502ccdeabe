import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TilePlace } from '../../src/shared/tile-place';

/** Whose tile it is, as far as the ledger is concerned. */
export interface Subject {
  layer: ResolvedLayer;
  /** Where it lies, for rules about a box or zooms. */
  tile: TilePlace | undefined;
  /** The address, for what an unsafe method made invalid. */
  url?: string;
  /** Hash of the layer's partition, '' for none. */
  partition: string;
  /** What the URL carries in the version's place, '' for nothing. */
  asked: string;
  /** The key of the tile where `asked` is not the version in force. */
  own: string;
}
