import type { TileId } from '../../src/shared/tile';
import { boundsHold, tileBounds, tilesIn } from '../../src/shared/tile-math';
import type { EdgeLayer } from '../layers/edge-layer';
import { listedIn } from './listed';
import { type PublicationPlan, sampleTiles, WORLD, zoomsOf } from './plan';
import { isThere, type Sight } from './sight';

/** A tile, and its state at the edge before the purge. */
export interface Sample {
  tile: TileId;
  before: Sight | undefined;
}

/** The tiles to look for. */
export interface LookTask {
  plan: PublicationPlan;
  edge: EdgeLayer;
  count: number;
  /** Tiles that the caller names. If there are any, only they are used. */
  given: readonly TileId[];
  /** Tiles that the origin served recently. */
  served: readonly TileId[];
}

/** Tiles of the first zoom to try, and samples that a caller may name. */
const MOST = 16;

/**
 * Picks tiles inside the data and warms them: requests each twice, so that the edge has it before the purge. Otherwise
 * a MISS after the purge would prove only that nobody had requested the tile.
 */
export async function look(task: LookTask, ask: (tile: TileId) => Promise<Sight | undefined>): Promise<Sample[]> {
  const { plan, edge, given, count } = task;
  const warm = async (tile: TileId): Promise<Sample> => {
    const first = await ask(tile);
    return { tile, before: first?.cache === 'hit' ? first : ((await ask(tile)) ?? first) };
  };
  if (given.length > 0) return Promise.all(given.slice(0, MOST).map(warm));
  const usual = await Promise.all(sampleTiles(plan, edge, count).map(warm));
  const there = usual.filter(({ before }) => isThere(before));
  // In other grids, only the usual samples are tried.
  if (there.length === usual.length || (edge.crs ?? 'EPSG:3857') !== 'EPSG:3857') return usual;
  const inside = insideOf(task);
  const more = [...task.served]
    .reverse()
    .filter(inside)
    .slice(0, count - there.length);
  there.push(...(await Promise.all(more.map(warm))).filter(({ before }) => isThere(before)));
  if (there.length === 0 && plan.list === undefined) there.push(...(await descend(task, inside, warm)));
  return there.length > 0 ? there.slice(-count) : usual;
}

function boxOf({ plan, edge }: LookTask) {
  return plan.boxes?.[0] ?? plan.range?.bbox ?? edge.bounds ?? WORLD;
}

function insideOf(task: LookTask): (tile: TileId) => boolean {
  const [min, max] = zoomsOf(task.edge, task.plan.range?.zooms);
  const { list } = task.plan;
  const isNamed = list === undefined ? undefined : listedIn(list);
  return (tile) =>
    tile.z >= min && tile.z <= max && (isNamed ? isNamed(tile) : boundsHold(tileBounds(boxOf(task), tile.z), tile));
}

/** Descends zoom by zoom from tiles that exist, because a regional layer has no tile in the middle of the world. */
async function descend(
  task: LookTask,
  inside: (tile: TileId) => boolean,
  warm: (tile: TileId) => Promise<Sample>,
): Promise<Sample[]> {
  const [min, max] = zoomsOf(task.edge, task.plan.range?.zooms);
  const found: Sample[] = [];
  let level = [...firstOf(tilesIn(tileBounds(boxOf(task), min)), MOST)];
  for (let zoom = min; zoom <= max && level.length > 0; zoom++) {
    const seen = await Promise.all(level.map(warm));
    const next = seen.find(({ before }) => isThere(before));
    if (!next) break;
    found.push(next);
    const { z, x, y } = next.tile;
    level = [0, 1, 2, 3].map((i) => ({ z: z + 1, x: 2 * x + (i % 2), y: 2 * y + (i >> 1) })).filter(inside);
  }
  return found;
}

function* firstOf<T>(items: Iterable<T>, count: number): Iterable<T> {
  let left = count;
  for (const item of items)
    if (left-- > 0) yield item;
    else return;
}
