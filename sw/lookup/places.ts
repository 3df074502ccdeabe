import { isAnnounced, meansCurrent } from '../ledger/token';
import type { LayerRecord } from '../ledger/state';
import type { Subject } from '../ledger/subject';

/** The address of an entry in the store. */
export interface Place {
  cacheName: string;
  key: string;
}

/** The places that may hold the tile of a request. */
export interface Places {
  /** The place in which the worker stores the tile, and the first that it reads. */
  place: Place;
  /** Other places to read, best first. */
  others: Place[];
}

/**
 * The version in force uses the layer's current cache and the key without a token. A kept older version has a cache of
 * its own. A tile under a token that nobody announced gets its own key in the current cache, so that it displaces
 * nothing.
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
    // A layer that discards shows no tile of an older version.
    return { place: { cacheName: current, key }, others: layer.versionPolicy === 'discard' ? [] : standIns(older) };
  }

  const exact = (names: string[]) => names.map((cacheName) => ({ cacheName, key: own }));
  if (meansCurrent(record, asked, tile)) {
    // Pages may have requested this version before it was announced: the tile is then under its own key.
    return { place: { cacheName: current, key }, others: [...exact([current, ...older]), ...standIns(older)] };
  }
  if (record.kept.includes(asked)) {
    const place = { cacheName: nameOf(asked), key };
    const others = [current, ...older].filter((name) => name !== place.cacheName);
    return { place, others: [...exact([current, ...older]), ...standIns(others)] };
  }
  const place = { cacheName: current, key: own };
  // Unless options or ledger call the token a version, it is data, and no other tile stands in.
  const isVersion = layer.versioned || record.version !== undefined || isAnnounced(record, asked);
  return { place, others: [...exact(older), ...(isVersion ? standIns([current, ...older]) : [])] };
}
