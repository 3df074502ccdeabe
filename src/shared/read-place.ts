import type { ResolvedLayer } from './layer-options';
import type { Captured } from './match-pieces';
import { areaOfBox, readNumbers } from './mercator-box';
import { tileOfQuadkey } from './quadkey';
import { HIGHEST_ZOOM, type TileCrs, type TileId } from './tile';
import { flipRow } from './tile-math';
import { placeOf, tileOf, type TilePlace } from './tile-place';

type Grid = Pick<ResolvedLayer, 'crs' | 'maxZoom' | 'scheme'>;

/** The facts that a path states about a tile. */
export interface ReadPlace {
  place: TilePlace;
  tile?: TileId;
}

/** True for a tile that is there in a grid. */
export function isInGrid({ z, x, y }: TileId, crs: TileCrs, maxZoom: number): boolean {
  if (crs === 'simple') return Math.abs(z) <= HIGHEST_ZOOM && Number.isSafeInteger(x) && Number.isSafeInteger(y);
  const rows = 2 ** z;
  return z >= 0 && z <= maxZoom && x >= 0 && y >= 0 && y < rows && x < (crs === 'EPSG:4326' ? 2 * rows : rows);
}

function placed(tile: TileId, { crs, maxZoom }: Grid): ReadPlace | undefined {
  return isInGrid(tile, crs, maxZoom) ? { tile, place: placeOf(crs, tile) } : undefined;
}

/** The tile of three numbers as a URL has them. */
export function placeOfNumbers(z: string, x: string, y: string, grid: Grid, south = false): ReadPlace | undefined {
  const row = grid.scheme === 'tms' || south ? flipRow(grid.crs, +z, +y) : +y;
  // `-0` is 0.
  return placed({ z: +z + 0, x: +x + 0, y: row + 0 }, grid);
}

/** The place that a template's slots hold; `undefined` where they hold none, `false` where what they hold is no tile. */
export function placeOfSlots(found: Captured, grid: Grid): ReadPlace | undefined | false {
  const { z, x, y, q, bbox } = found;
  if (z !== undefined && x !== undefined) {
    const south = found['-y'];
    // `{-y}` is the row from the south, whatever the scheme says of `{y}`.
    return south === undefined
      ? (placeOfNumbers(z, x, y!, grid) ?? false)
      : (placeOfNumbers(z, x, south, { ...grid, scheme: 'xyz' }, true) ?? false);
  }
  if (q !== undefined) return placed(tileOfQuadkey(q), { ...grid, crs: 'EPSG:3857' }) ?? false;
  if (bbox === undefined) return undefined;
  const numbers = readNumbers(bbox);
  const area = numbers && areaOfBox('EPSG:3857', numbers);
  if (!area) return false;
  const tile = tileOf(area);
  return (tile && placed(tile, { ...grid, crs: 'EPSG:3857' })) ?? { place: area };
}

/** A path that ends with z/x/y, whatever hangs on it: `day/3/4/5@2x.png`, `3/4/5.vector.pbf`, `3/4/5_2x.png;s=1`, `3/4/5/`. */
const TAIL =
  /^((?:.*\/)?)(-?\d{1,2})\/(-?\d{1,16})\/(-?\d{1,16})((?:@\d{1,2}(?:\.\d{1,2})?x)?)((?:[-_]\d(?:\.\d)?x)?(?:[^\w/-][^/]*)?\/?)$/i;

/** The tile at a path's end, with the pixel ratio and what else the path says. */
export function placeAtEnd(
  path: string,
  grid: Grid,
): (ReadPlace & { tile: TileId; ratio: string; before: string; after: string }) | undefined {
  const match = TAIL.exec(path) as unknown as [string, string, string, string, string, string, string] | null;
  const read = match && placeOfNumbers(match[2], match[3], match[4], grid);
  return read?.tile && match
    ? { ...read, tile: read.tile, ratio: match[5], before: match[1], after: match[6] }
    : undefined;
}
