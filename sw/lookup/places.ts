import { isAnnounced, meansCurrent } from '../ledger/token';
import type { LayerRecord } from '../ledger/state';
import type { Subject } from '../ledger/subject';

/** An entry of the store. */
export interface Place {
  cacheName: string;
  key: string;
}

/** Where the tile of a request may lie. */
export interface Places {
  /** The one place where it is stored, and the first that is read. */
  place: Place;
  /** Where else to look, best first. */
  others: Place[];
}

/**
 * The version in force has the layer's current cache and the key without a token, an older one that is kept has a cache of
 * its own. A token that nobody announced lies in the current cache under a key of its own, so that it displaces nothing.
 */
export function placesOf(
  record: LayerRecord,
  { layer, tile, asked, own }: Subject,
  key: string,
  nameOf: (version: string) => string,
): Places {
  const current = nameOf(record.cache);
  const older = record.kept.map(nameOf);
  const standIns = (names: string[]) => names.map((cacheName) => ({ cacheName, key }));
  if (asked === '') {
    // A layer that discards shows nothing of an older version.
    return { place: { cacheName: current, key }, others: layer.versionPolicy === 'discard' ? [] : standIns(older) };
  }

  const exact = (names: string[]) => names.map((cacheName) => ({ cacheName, key: own }));
  if (meansCurrent(record, asked, tile)) {
    // Announced after pages had asked for it: what they got then is the tile.
    return { place: { cacheName: current, key }, others: [...exact([current, ...older]), ...standIns(older)] };
  }
  if (record.kept.includes(asked)) {
    const place = { cacheName: nameOf(asked), key };
    const others = [current, ...older].filter((name) => name !== place.cacheName);
    return { place, others: [...exact([current, ...older]), ...standIns(others)] };
  }
  const place = { cacheName: current, key: own };
  // Without a word of options or ledger the token is data, and nothing stands in for it.
  const isVersion = layer.versioned || record.version !== undefined || isAnnounced(record, asked);
  return { place, others: [...exact(older), ...(isVersion ? standIns([current, ...older]) : [])] };
}
