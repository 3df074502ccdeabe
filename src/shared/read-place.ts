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

/** Returns true if the grid has this tile. */
export function isInGrid({ z, x, y }: TileId, crs: TileCrs, maxZoom: number): boolean {
  if (crs === 'simple') return Math.abs(z) <= HIGHEST_ZOOM && Number.isSafeInteger(x) && Number.isSafeInteger(y);
  const rows = 2 ** z;
  return z >= 0 && z <= maxZoom && x >= 0 && y >= 0 && y < rows && x < (crs === 'EPSG:4326' ? 2 * rows : rows);
}

function placed(tile: TileId, { crs, maxZoom }: Grid): ReadPlace | undefined {
  return isInGrid(tile, crs, maxZoom) ? { tile, place: placeOf(crs, tile) } : undefined;
}

/** Returns the tile of three numbers from a URL, or `undefined` if the grid has none such. */
function placeOfNumbers(z: string, x: string, y: string, grid: Grid, south = false): ReadPlace | undefined {
  const row = grid.scheme === 'tms' || south ? flipRow(grid.crs, +z, +y) : +y;
  // Adding 0 turns `-0` into 0.
  return placed({ z: +z + 0, x: +x + 0, y: row + 0 }, grid);
}

/** Returns the place in a template's slots: `undefined` if they name no place, `false` if the place is not a tile. */
export function placeOfSlots(found: Captured, grid: Grid): ReadPlace | undefined | false {
  const { z, x, y, q, bbox } = found;
  if (z !== undefined && x !== undefined) {
    const south = found['-y'];
    // `{-y}` counts from the south, whatever `scheme` says about `{y}`.
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

/**
 * Matches z/x/y at the end of a path, with any suffix: `day/3/4/5@2x.png`, `3/4/5.vector.pbf`, `3/4/5_2x.png;s=1`,
 * `3/4/5/`.
 */
const TAIL =
  /^((?:.*\/)?)(-?\d{1,2})\/(-?\d{1,16})\/(-?\d{1,16})((?:@\d{1,2}(?:\.\d{1,2})?x)?)((?:[-_]\d(?:\.\d)?x)?(?:[^\w/-][^/]*)?\/?)$/i;

/** ArcGIS: `MapServer/tile/{z}/{y}/{x}`. */
const ROW_FIRST = /Server\/tile\/$/i;

/** Returns the tile at the end of a path, its pixel ratio, and the text around it. */
export function placeAtEnd(
  path: string,
  grid: Grid,
): (ReadPlace & { tile: TileId; ratio: string; before: string; after: string }) | undefined {
  const match = TAIL.exec(path) as unknown as [string, string, string, string, string, string, string] | null;
  if (!match) return undefined;
  const [, before, z, first, second, ratio, after] = match;
  const [x, y] = ROW_FIRST.test(before) ? [second, first] : [first, second];
  const read = placeOfNumbers(z, x, y, grid);
  return read?.tile ? { ...read, tile: read.tile, ratio, before, after } : undefined;
}
