import type { TilePlace } from '../../src/shared/tile-place';
import type { LayerRecord } from './state';
import { isCurrent } from './layer-record';
import type { Subject } from './subject';
import type { TileMeta } from '../store/tile-meta';

/**
 * How stored bytes relate to the token that a URL carries in the version's place. `named`: the URL names these bytes.
 * `other`: the bytes are another version's, and the layer's policy says whether they may stand in. `foreign`: the
 * parameter may be data, so the bytes are of a different resource.
 */
export type Fit = 'named' | 'other' | 'foreign';

/** True if the ledger remembers that the origin or a message has announced this token as a version of the layer. */
export const isAnnounced = ({ version, cache, kept, same, earlier = [] }: LayerRecord, token: string): boolean =>
  token !== '' && [version, cache, ...kept, ...same.map((one) => one.version), ...earlier].includes(token);

/** True if a URL with this token asks for the tile of the version in force. */
export const meansCurrent = (record: LayerRecord, token: string, tile: TilePlace | undefined): boolean =>
  token === '' || isCurrent(record, token, tile);

/**
 * Classifies stored bytes by their token. A page chose the token in the URL, so bytes fetched under another token may
 * answer only if the origin has announced the tokens as versions.
 */
export function fitOf(record: LayerRecord, { layer, tile, asked }: Subject, { token, version }: TileMeta): Fit {
  if (asked === '' || asked === token || asked === version) return 'named';
  const current = (label: string | undefined) => isCurrent(record, label, tile);
  if (current(asked) && (current(token) || current(version))) return 'named';
  const isVersion = layer.versioned || isAnnounced(record, asked) || isAnnounced(record, token ?? '');
  return isVersion ? 'other' : 'foreign';
}
