import { type BBox, MAX_ZOOM, type TileCrs, type TileId, type ZoomRange } from '../../src/shared/tile';
import { decodeTiles, setHolds } from '../../src/shared/tile-set';
import { integer, list, record, refuse, type Read } from '../../src/shared/validate';
import { edgeTouches } from './edge-grid';

/** Samples that a layer or a publication may name. */
const MAX_SAMPLES = 16;

/** The part of a publication that names its samples and limits where they may lie. */
interface Sampled {
  samples?: readonly TileId[];
  bbox?: BBox;
  boxes?: readonly BBox[];
  tiles?: string;
  zooms?: ZoomRange;
}

/** The part of an edge layer that describes its grid. */
interface Grid {
  crs?: TileCrs;
  zooms?: ZoomRange;
}

const parts = { z: integer(0, MAX_ZOOM), x: integer(0), y: integer(0) };

const sample: Read<TileId> = (value, field, code) => {
  const { z, x, y } = record<TileId>(parts, code)(value, field, code);
  return z === undefined || x === undefined || y === undefined
    ? refuse(code, field, 'a tile, { z, x, y }')
    : { z, x, y };
};

/** Reads the sample tiles: a list of `{ z, x, y }`, at most 16. */
export const readSamples: Read<TileId[]> = list(sample, 0, MAX_SAMPLES);

/**
 * Refuses samples outside of the area that a publication changes, or outside of the layer, because they would prove
 * nothing. Refuses a list of tiles for a layer whose grid is not Web Mercator. Throws `INVALID_MESSAGE`, which names
 * the sample or list.
 */
export function checkSamples(
  { samples = [], bbox, boxes = bbox && [bbox], tiles, zooms }: Sampled,
  edge: Grid | undefined,
): void {
  const { crs = 'EPSG:3857' } = edge ?? {};
  if (tiles !== undefined && crs !== 'EPSG:3857')
    refuse('INVALID_MESSAGE', 'tiles', `left out for a layer of the grid ${crs}`, 'Name boxes.');
  const set = tiles === undefined ? undefined : decodeTiles(tiles, 'tiles', 'INVALID_MESSAGE');
  const outside = (i: number, must: string) =>
    refuse('INVALID_MESSAGE', `samples[${i}]`, must, 'Name tiles that the publication changes.');
  samples.forEach((tile, i) => {
    const columns = 2 ** (crs === 'EPSG:4326' ? tile.z + 1 : tile.z);
    if (crs !== 'simple' && (tile.x >= columns || tile.y >= 2 ** tile.z)) outside(i, `a tile of zoom ${tile.z}`);
    for (const range of [zooms, edge?.zooms])
      if (range && (tile.z < range[0] || tile.z > range[1])) outside(i, `of a zoom from ${range[0]} to ${range[1]}`);
    if (set && !setHolds(set, tile)) outside(i, 'of the list of tiles');
    if (boxes && !boxes.some((box) => edgeTouches(crs, box, tile))) outside(i, 'in the box of the publication');
  });
}
