import type { TileCover } from '../adapters/binding';
import { tileKey } from '../adapters/tile-key';
import type { TileId } from '../shared/tile';
import { worldX, worldY } from '../shared/tile-math';
import type { PrefetchTarget } from './types';

/** Most tiles of one plan. */
const MOST = 400;
/** Tiles across and down of a larger box of which only the middle is looked at. */
const SPAN = 64;

interface Box {
  z: number;
  minX: number;
  maxX: number;
  minY: number;
  maxY: number;
}

function boxOf(tiles: readonly TileId[]): Box | undefined {
  if (!tiles.length) return undefined;
  const [xs, ys] = [tiles.map(({ x }) => x), tiles.map(({ y }) => y)];
  return {
    z: tiles[0]!.z,
    minX: Math.min(...xs),
    maxX: Math.max(...xs),
    minY: Math.min(...ys),
    maxY: Math.max(...ys),
  };
}

/** The tiles of a box, wrapped around the world and clamped at the poles, from its middle outwards. */
function tilesOf(box: Box): TileId[] {
  const { z } = box;
  const size = 2 ** z;
  const [minX, maxX] = middle(box.minX, box.maxX);
  const [minY, maxY] = middle(box.minY, box.maxY);
  const tiles: Array<TileId & { far: number }> = [];
  const [midX, midY] = [(minX + maxX) / 2, (minY + maxY) / 2];
  for (let y = Math.max(0, minY); y <= Math.min(size - 1, maxY); y++)
    for (let x = minX; x <= Math.min(maxX, minX + size - 1); x++)
      tiles.push({ z, x: ((x % size) + size) % size, y, far: Math.hypot(x - midX, y - midY) });
  return tiles.sort((a, b) => a.far - b.far).map(({ z: zoom, x, y }) => ({ z: zoom, x, y }));
}

function middle(from: number, to: number): [number, number] {
  if (to - from < SPAN) return [from, to];
  const start = Math.floor((from + to - SPAN) / 2) + 1;
  return [start, start + SPAN - 1];
}

const grown = (box: Box, by: number): Box => ({
  z: box.z,
  minX: box.minX - by,
  maxX: box.maxX + by,
  minY: box.minY - by,
  maxY: box.maxY + by,
});

const above = (box: Box, up: number): Box => ({
  z: box.z - up,
  minX: box.minX >> up,
  maxX: box.maxX >> up,
  minY: box.minY >> up,
  maxY: box.maxY >> up,
});

/** What lies around a full view: the parents first, for they stand in for most, then the ring. */
export function planAround({ wanted }: TileCover, { ring, parents }: { ring: number; parents: number }): TileId[] {
  const z = wanted.reduce((most, tile) => Math.max(most, tile.z), 0);
  const box = boxOf(wanted.filter((tile) => tile.z === z));
  if (!box) return [];
  const ups = Array.from({ length: Math.min(parents, z) }, (_, i) => i + 1);
  const plan = [...ups.flatMap((up) => tilesOf(above(box, up))), ...(ring > 0 ? tilesOf(grown(box, ring)) : [])];
  const there = new Set(tilesOf(box).map(tileKey));
  return plan.filter((tile) => !there.has(tileKey(tile))).slice(0, MOST);
}

/** The tiles of a view to come. */
export function planTarget(view: PrefetchTarget, { wanted }: TileCover): TileId[] {
  const z = Math.round(view.zoom);
  const size = 2 ** z;
  const column = (longitude: number) => Math.floor(worldX(longitude) * size);
  const row = (latitude: number) => Math.floor(worldY(Math.max(-85.05, Math.min(85.05, latitude))) * size);
  if ('bbox' in view) {
    const [west, south, east, north] = view.bbox;
    const maxX = column(east) + (west > east ? size : 0);
    return tilesOf({ z, minX: column(west), maxX, minY: row(north), maxY: row(south) }).slice(0, MOST);
  }
  const box = boxOf(wanted);
  const [acrossX, acrossY] = box ? [box.maxX - box.minX + 1, box.maxY - box.minY + 1] : [4, 4];
  const [x, y] = [worldX(view.center[0]) * size, worldY(view.center[1]) * size];
  const [minX, minY] = [Math.floor(x - acrossX / 2), Math.floor(y - acrossY / 2)];
  return tilesOf({ z, minX, maxX: minX + acrossX, minY, maxY: minY + acrossY }).slice(0, MOST);
}
