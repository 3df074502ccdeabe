import type { TileBox } from '../adapters/supply';
import { tileKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';
import { countIn, grown, middle, moved, nearest, nearestFirst, overlap, tilesIn, wrapped } from './boxes';

/**
 * The reason for fetching a tile. `target`, `step` and `tour`: the app announced it. The others are guesses: the map
 * would show the tile if it continued its last movement (`ahead`), zoomed out to a zoom that it has shown before
 * (`back`) or not (`parents`), or moved in any direction (`ring`).
 */
export type Reason = 'target' | 'step' | 'tour' | 'ahead' | 'back' | 'parents' | 'ring';

/** One tile to fetch. */
export interface Want {
  tile: TileId;
  reason: Reason;
  /** The value of a time step, which its URL contains. */
  step?: string;
}

/** The current view, and the views that may follow. */
export interface Outlook {
  now: TileBox;
  /** The last movement of the map in tiles, at this zoom or another. */
  way?: Way | undefined;
  /** The boxes that the map would show one zoom out, two zooms out, and so on. */
  out: ReadonlyArray<TileBox | undefined>;
  /** The zooms that the map has shown. @default none */
  been?: ReadonlySet<number>;
  /** The number of tiles on each side. */
  ring: number;
  columns: Columns;
}

/** A movement, in tiles. */
export interface Way {
  x: number;
  y: number;
}

/** Returns the number of columns around the world at a zoom. */
export type Columns = (z: number) => number | undefined;

/**
 * Tiles of a box that are examined, because a source whose lowest zoom is far above the map's would have endless tiles.
 */
export const MOST = 1000;

const few = (box: TileBox | undefined): box is TileBox => box !== undefined && countIn(box) <= MOST;

/** Returns the key of a tile to fetch. */
export const keyOf = ({ tile, step }: Pick<Want, 'tile' | 'step'>): string =>
  step === undefined ? tileKey(tile) : `${tileKey(tile)} ${step}`;

/**
 * Returns the tiles that the map may show next, the likeliest first, each once, without those that the view already
 * shows.
 */
export function planView({ now, way, out, been, ring, columns }: Outlook): Want[] {
  if (!few(now)) return [];
  const next = way ? aheadOf(now, way) : now;
  const ahead = tilesIn(next);
  // A map that turns shows the tiles beside its way, rather than those behind it.
  const around = ring > 0 ? nearestFirst(tilesIn(grown(now, ring)), next) : [];
  const wants = (reason: Reason, tiles: readonly TileId[]) => wantsOf(reason, tiles, columns);
  const shown = new Set(wants('ring', tilesIn(now)).map(keyOf));
  // In most libraries, the view's own tiles stand in for a tile that they fill, so that tile is less urgent.
  const isFilled = (box: TileBox, tile: TileId) => isQuad(now, box) && fills(now, tile);
  const further = (filled: boolean) =>
    out.filter(few).flatMap((box) => {
      const tiles = tilesIn(box).filter((tile) => isFilled(box, tile) === filled);
      return wants(been?.has(box.z) ? 'back' : 'parents', tiles);
    });
  return once([...wants('ahead', ahead), ...further(false), ...wants('ring', around), ...further(true)]).filter(
    (want) => !shown.has(keyOf(want)),
  );
}

/** Returns whether a tile of the one zoom consists of whole tiles of the other, as in most grids. */
function isQuad(now: TileBox, out: TileBox): boolean {
  const [scale, a, b] = [2 ** (now.z - out.z), middle(now), middle(out)];
  return scale > 1 && Math.abs(b.x * scale - a.x) < 0.01 && Math.abs(b.y * scale - a.y) < 0.01;
}

/** Returns whether the tiles that a box touches fill the whole tile of a lower zoom. */
function fills(box: TileBox, { z, x, y }: TileId): boolean {
  const scale = 2 ** (box.z - z);
  const [west, north] = [x * scale, y * scale];
  const inside = [
    box.west >= west + 1,
    box.east <= west + scale - 1,
    box.north >= north + 1,
    box.south <= north + scale - 1,
  ];
  return !inside.includes(true);
}

/** Returns the tiles to fetch, in the world's first copy. */
function wantsOf(reason: Reason, tiles: readonly TileId[], columns: Columns, step?: string): Want[] {
  return tiles.map((tile) => ({
    tile: wrapped(tile, columns(tile.z)),
    reason,
    ...(step !== undefined && { step }),
  }));
}

/** Returns the view after the same movement again, at most one view further. */
function aheadOf(now: TileBox, { x, y }: Way): TileBox {
  const bounded = (way: number, most: number) => Math.max(-most, Math.min(most, way));
  return moved(now, bounded(x, now.east - now.west), bounded(y, now.south - now.north));
}

/** Returns the movement from one view to another, or `undefined` if the zoom changed. */
export function wayOf(before: TileBox, now: TileBox, columns: Columns): Way | undefined {
  if (before.z !== now.z) return undefined;
  const [from, to] = [middle(nearest(before, now, columns(now.z))), middle(now)];
  return { x: to.x - from.x, y: to.y - from.y };
}

/** Returns the tiles of a tour's views after the one that is shown; from the first view if none is shown. */
export function planTour(
  boxes: ReadonlyArray<TileBox | undefined>,
  now: TileBox | undefined,
  columns: Columns,
): Want[] {
  const shared = boxes.map((box) => (box && now ? overlap(nearest(box, now, columns(box.z)), now) : 0));
  const best = Math.max(0, ...shared);
  const next = best > 0.5 ? shared.indexOf(best) + 1 : 0;
  return [...boxes.slice(next), ...boxes.slice(0, next)]
    .filter(few)
    .flatMap((box) => wantsOf('tour', tilesIn(box), columns));
}

/** Returns each tile of the view at each step, step by step. */
export function planSteps(values: readonly string[], wanted: readonly TileId[], columns: Columns): Want[] {
  return values.flatMap((step) => wantsOf('step', wanted, columns, step));
}

/** Returns the tiles of the place that the map moves to. */
export function planTarget(box: TileBox | undefined, columns: Columns): Want[] {
  return few(box) ? once(wantsOf('target', tilesIn(box), columns)) : [];
}

/** Removes tiles that occur earlier in the list. */
export function once(wants: readonly Want[]): Want[] {
  const keys = new Set<string>();
  return wants.filter((want) => {
    const key = keyOf(want);
    return !keys.has(key) && keys.add(key);
  });
}
