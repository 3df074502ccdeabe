import { meansCurrent } from '../ledger/token';
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
  /** The caches in which a tile under any other token may stand in. */
  besides: string[];
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
  const all = [record.cache, ...record.kept].map(nameOf);
  const version = meansCurrent(record, asked, tile) ? record.cache : record.kept.find((kept) => kept === asked);
  const place = { cacheName: nameOf(version ?? record.cache), key: version === undefined ? own : key };
  const at = (one: string) => all.map((cacheName) => ({ cacheName, key: one }));
  // Unless options or ledger call the token a version, it is data, and no other tile stands in. For a URL without one,
  // a layer that discards shows no tile of an older version.
  const isVersion = asked ? layer.versioned || record.version !== undefined : layer.versionPolicy !== 'discard';
  const others = [
    // Pages may have requested this version before it was announced: the tile is then under its own key.
    ...(asked ? at(own) : []),
    ...(isVersion ? at(key) : []),
  ].filter((one) => one.cacheName !== place.cacheName || one.key !== place.key);
  return { place, others, besides: asked && isVersion ? all : [] };
}
