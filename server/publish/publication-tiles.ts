import type { BBox, TileId, ZoomRange } from '../../src/shared/tile';
import { decodeTiles, MAX_TILES_LENGTH, type TileSet } from '../../src/shared/tile-set';
import { list, own, refuse, rule } from '../../src/shared/validate';
import { createTileList } from '../tiles/encode-tiles';
import { MAX_LISTED_ZOOM } from '../tiles/tile-keys';
import { outlineOf, zoomsOfSet } from '../tiles/listed-tiles';
import { createCoalescer, parseTileLine } from './coalesce';

const CODE = 'INVALID_MESSAGE';
/** Tiles that a publication may name one by one. */
const MAX_LINES = 20_000;

const line = rule<string>((value) => typeof value === 'string', 'z/x/y, such as 12/2200/1343');

/** Reads tiles, packed as `sw-tile-cache publish` sends them or as the lines of an expire list. */
function readPacked(value: unknown): string {
  if (!Array.isArray(value)) {
    if (typeof value === 'string' && value.length <= MAX_TILES_LENGTH) return value;
    return refuse(CODE, 'tiles', `a packed list of ${MAX_TILES_LENGTH} characters at most, or a list of z/x/y`);
  }
  const tiles = createTileList();
  list(line, 1, MAX_LINES)(value, 'tiles', CODE).forEach((each, i) => {
    const tile = parseTileLine(each);
    if (!tile || tile.z > MAX_LISTED_ZOOM) refuse(CODE, `tiles[${i}]`, 'z/x/y, such as 12/2200/1343');
    tiles.add(tile);
  });
  return tiles.pack();
}

/** Returns the boxes around tiles, for readers that do not understand lists. */
function boxesAround(tiles: Iterable<TileId>) {
  const coalescer = createCoalescer();
  for (const tile of tiles) coalescer.add(tile);
  return coalescer.result();
}

/** The part of a publication that names the changed tiles. */
interface ChangedTiles {
  tiles?: string;
  zooms?: ZoomRange;
  bbox?: BBox;
  boxes?: BBox[];
}

/** Reads the changed tiles of a publication, with the boxes and zooms around them. Throws `INVALID_MESSAGE`. */
export function readTiles(record: Record<string, unknown>): ChangedTiles {
  const value = own(record, 'tiles') ?? undefined;
  if (value === undefined) return {};
  const beside = ['bbox', 'boxes', 'zooms'].find((field) => (own(record, field) ?? undefined) !== undefined);
  if (beside !== undefined) refuse(CODE, beside, 'left out if tiles is given');
  if (own(record, 'scope') === 'metadata') refuse(CODE, 'tiles', 'left out if only metadata changed');
  const tiles = readPacked(value);
  const set: TileSet = decodeTiles(tiles, 'tiles', CODE);
  const around = boxesAround(outlineOf(set));
  const zooms = zoomsOfSet(set);
  if (!around || !zooms) return refuse(CODE, 'tiles', 'at least one tile', 'Send changed: false if nothing changed.');
  const [bbox] = around.boxes;
  return { tiles, zooms, ...(around.boxes.length === 1 ? { bbox: bbox! } : { boxes: around.boxes }) };
}
