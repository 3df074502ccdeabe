import type { TileId } from './tile';
import type { TileArea } from './tile-place';

/**
 * The first segment of the keys' paths on the worker's own origin. The worker handles no URL that contains it. It is
 * also the name of the parameter that holds the hash of the parts that must not appear in a key.
 */
export const RESERVED = '__stc';

/** The parts of a key that distinguish a stored image from others, except the query. */
export interface KeyParts {
  origin: string;
  layer: string;
  tile?: TileId | undefined;
  area?: TileArea | undefined;
  /** The pixel ratio's text, such as `@2x`. */
  ratio: string;
  /** The text of the path before and after the place, without the host: it tells styles and formats apart. */
  before: string;
  after: string;
}

const numbers = (area: TileArea) =>
  [area.west, area.north, area.east, area.south].map((value) => +value.toPrecision(12)).join(',');

/** Builds the path of a key. It leaves out the host, because mirrors serve the same tiles. */
export function addressKey({ origin, layer, tile, area, ratio, before, after }: KeyParts): string {
  const place = tile ? `${tile.z}/${tile.x}/${tile.y}` : area ? `${area.crs}/${numbers(area)}` : 'image';
  // Put a colon before a digit, which would otherwise extend the row's number.
  const path = `/${before}/${place}${ratio}${/^\d/.test(after) ? ':' : ''}${after}`
    .replace(/\/+/g, '/')
    // Escape segments of dots: the URL parser would remove them.
    .replace(/\/(\.{1,2})(?=\/|$)/g, '/~$1');
  return `${origin}/${RESERVED}/${tile || area ? '@' : '!'}${encodeURIComponent(layer)}${path}`;
}

/**
 * Returns what a key says about the place: `placed`, `unplaced` (an image that no box can select), or `undefined` for a
 * key that is no image's.
 */
export function keyPlace(key: string): 'placed' | 'unplaced' | undefined {
  const mark = key.split(`/${RESERVED}/`, 2)[1]?.[0];
  return mark === '@' ? 'placed' : mark === '!' ? 'unplaced' : undefined;
}
