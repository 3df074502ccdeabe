import type { TileId } from './tile';
import type { TileArea } from './tile-place';

/**
 * Keys of what lies somewhere begin with this path, on the worker's own origin; no URL that contains it is handled. It is
 * also the parameter that carries, in a key, the hash of what a key may not show.
 */
export const RESERVED = '__stc';

/** The parts that distinguish a stored image from others, except the query. */
export interface KeyParts {
  origin: string;
  layer: string;
  tile?: TileId | undefined;
  area?: TileArea | undefined;
  /** The pixel ratio's text, such as `@2x`. */
  ratio: string;
  /** The path's text before the place and behind it, the host not included: style, format. */
  before: string;
  after: string;
}

const numbers = (area: TileArea) =>
  [area.west, area.north, area.east, area.south].map((value) => +value.toPrecision(12)).join(',');

/** The path of a key. Hosts are left out: the same tile on another host is the same tile. */
export function addressKey({ origin, layer, tile, area, ratio, before, after }: KeyParts): string {
  const place = tile ? `${tile.z}/${tile.x}/${tile.y}` : area ? `${area.crs}/${numbers(area)}` : 'image';
  // A text that begins with a digit would change the row's number.
  const path = `/${before}/${place}${ratio}${/^\d/.test(after) ? ':' : ''}${after}`
    .replace(/\/+/g, '/')
    // A segment of dots would vanish from the path.
    .replace(/\/(\.{1,2})(?=\/|$)/g, '/~$1');
  return `${origin}/${RESERVED}/${tile || area ? '@' : '!'}${encodeURIComponent(layer)}${path}`;
}

/**
 * Tells what a stored key says of its place: `placed`, `unplaced` (an image that no box reaches), or undefined for no
 * image at all.
 */
export function keyPlace(key: string): 'placed' | 'unplaced' | undefined {
  const mark = key.split(`/${RESERVED}/`, 2)[1]?.[0];
  return mark === '@' ? 'placed' : mark === '!' ? 'unplaced' : undefined;
}
