import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TilePlace } from '../../src/shared/tile-place';

/** The properties of a tile that the ledger judges by. */
export interface Subject {
  layer: ResolvedLayer;
  /** The tile's place, for rules with a box or zooms. */
  tile: TilePlace | undefined;
  /** The address, for invalidations by unsafe methods. */
  url?: string;
  /** The hash of the layer's partition; '' for none. */
  partition: string;
  /** The token that the URL carries in the version's place; '' for none. */
  asked: string;
  /** The tile's key if `asked` is not the version in force. */
  own: string;
}
