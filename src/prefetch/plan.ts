import type { TileBox } from '../adapters/supply';
import { tileKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';
import { countIn, grown, middle, moved, nearest, nearestFirst, overlap, tilesIn, wrapped } from './boxes';

/**
 * Why a tile is fetched. `target`, `step` and `tour`: the app said so. `ahead`: the map would show it if it went on as it
 * has just moved. `parents`: if it were zoomed out. `ring`: if it were moved in any direction.
 */
export type Reason = 'target' | 'step' | 'tour' | 'ahead' | 'parents' | 'ring';

/** One tile to be fetched. */
export interface Want {
  tile: TileId;
  reason: Reason;
  /** Of a time step: the value in its URL. */
  step?: string;
}

/** What is known of a view and of what may come next. */
export interface Outlook {
  now: TileBox;
  /** Tiles by which the map was moved last, at this zoom or another. */
  way?: Way | undefined;
  /** What the map would show one zoom out, two zooms out … */
  out: ReadonlyArray<TileBox | undefined>;
  /** Tiles on each side. */
  ring: number;
  columns: Columns;
}

/** A movement, in tiles. */
export interface Way {
  x: number;
  y: number;
}

/** How many columns go round the world at a zoom. */
export type Columns = (z: number) => number | undefined;

/** Tiles of a box that is looked at: a source whose lowest zoom is far above the map's has no end of them. */
export const MOST = 1000;

const few = (box: TileBox | undefined): box is TileBox => box !== undefined && countIn(box) <= MOST;

/** Names a want. */
export const keyOf = ({ tile, step }: Pick<Want, 'tile' | 'step'>): string =>
  step === undefined ? tileKey(tile) : `${tileKey(tile)} ${step}`;

/** What the map may show next, the likeliest first; each tile once, and none that the view shows already. */
export function planView({ now, way, out, ring, columns }: Outlook): Want[] {
  if (!few(now)) return [];
  const ahead = way ? tilesIn(aheadOf(now, way)) : [];
  const around = ring > 0 ? nearestFirst(tilesIn(grown(now, ring)), now) : [];
  const wants = (reason: Reason, tiles: readonly TileId[]) => wantsOf(reason, tiles, columns);
  const shown = new Set(wants('ring', tilesIn(now)).map(keyOf));
  // The view's own tiles stand in for a tile that they fill, in most libraries: it is less urgent.
  const isFilled = (box: TileBox, tile: TileId) => isQuad(now, box) && fills(now, tile);
  const further = (filled: boolean) =>
    out.filter(few).flatMap((box) => tilesIn(box).filter((tile) => isFilled(box, tile) === filled));
  return once([
    ...wants('ahead', ahead),
    ...wants('parents', further(false)),
    ...wants('ring', around),
    ...wants('parents', further(true)),
  ]).filter((want) => !shown.has(keyOf(want)));
}

/** True where a tile of the one zoom is parted into whole tiles of the other, as in most grids. */
function isQuad(now: TileBox, out: TileBox): boolean {
  const [scale, a, b] = [2 ** (now.z - out.z), middle(now), middle(out)];
  return scale > 1 && Math.abs(b.x * scale - a.x) < 0.01 && Math.abs(b.y * scale - a.y) < 0.01;
}

/** True where all of a tile of a lower zoom is filled by the tiles that a box touches. */
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

/** Wants for tiles, in the world's first copy. */
function wantsOf(reason: Reason, tiles: readonly TileId[], columns: Columns, step?: string): Want[] {
  return tiles.map((tile) => ({
    tile: wrapped(tile, columns(tile.z)),
    reason,
    ...(step !== undefined && { step }),
  }));
}

/** The view after the same movement once more, but no further than to the view's own edge. */
function aheadOf(now: TileBox, { x, y }: Way): TileBox {
  const bounded = (way: number, most: number) => Math.max(-most, Math.min(most, way));
  return moved(now, bounded(x, now.east - now.west), bounded(y, now.south - now.north));
}

/** How a map was moved from one view to another; undefined where it was zoomed. */
export function wayOf(before: TileBox, now: TileBox, columns: Columns): Way | undefined {
  if (before.z !== now.z) return undefined;
  const [from, to] = [middle(nearest(before, now, columns(now.z))), middle(now)];
  return { x: to.x - from.x, y: to.y - from.y };
}

/** The views of a tour that come behind the one that is shown; from the first on, where none of them is. */
export function planTour(boxes: ReadonlyArray<TileBox | undefined>, now: TileBox, columns: Columns): Want[] {
  const shared = boxes.map((box) => (box ? overlap(nearest(box, now, columns(box.z)), now) : 0));
  const best = Math.max(0, ...shared);
  const next = best > 0.5 ? shared.indexOf(best) + 1 : 0;
  return [...boxes.slice(next), ...boxes.slice(0, next)]
    .filter(few)
    .flatMap((box) => wantsOf('tour', tilesIn(box), columns));
}

/** Each tile of the view at each step, step by step. */
export function planSteps(values: readonly string[], wanted: readonly TileId[], columns: Columns): Want[] {
  return values.flatMap((step) => wantsOf('step', wanted, columns, step));
}

/** A place that the map goes to. */
export function planTarget(box: TileBox | undefined, columns: Columns): Want[] {
  return few(box) ? once(wantsOf('target', tilesIn(box), columns)) : [];
}

/** Without those that are there before. */
export function once(wants: readonly Want[]): Want[] {
  const keys = new Set<string>();
  return wants.filter((want) => {
    const key = keyOf(want);
    return !keys.has(key) && keys.add(key);
  });
}
