import type { TilePlace } from '../../src/shared/tile-place';
import type { LayerRecord } from './state';
import { isCurrent } from './layer-record';
import type { Subject } from './subject';
import type { TileMeta } from '../store/tile-meta';

/**
 * How stored bytes relate to the token that a URL carries in the version's place:
 * `named`: they are what the URL names; `other`: of another version, they may stand in as the layer's policy says;
 * `foreign`: the parameter may be data, they are another thing.
 */
export type Fit = 'named' | 'other' | 'foreign';

/** A version that the origin or a message has announced for the layer, as far as the ledger remembers. */
export function isAnnounced(record: LayerRecord, token: string): boolean {
  if (token === '') return false;
  const { version, cache, kept, same, earlier } = record;
  return (
    token === version ||
    token === cache ||
    kept.includes(token) ||
    same.some((entry) => entry.version === token) ||
    (earlier?.includes(token) ?? false)
  );
}

/** A URL with this token means the tile of the version in force. */
export const meansCurrent = (record: LayerRecord, token: string, tile: TilePlace | undefined): boolean =>
  token === '' || isCurrent(record, token, tile);

/** The token in a URL is the page's word: what was fetched under another one needs the origin's word to answer for it. */
export function fitOf(record: LayerRecord, { layer, tile, asked }: Subject, { token, version }: TileMeta): Fit {
  if (asked === '' || asked === token || asked === version) return 'named';
  const current = (label: string | undefined) => label !== undefined && label !== '' && isCurrent(record, label, tile);
  if (current(asked) && (current(token) || current(version))) return 'named';
  const isVersion = layer.versioned || isAnnounced(record, asked) || isAnnounced(record, token ?? '');
  return isVersion ? 'other' : 'foreign';
}
