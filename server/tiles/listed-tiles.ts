import type { TileId, ZoomRange } from '../../src/shared/tile';
import { childOf, nibbleAt, type TileSet, type TileTree } from '../../src/shared/tile-set';

/** A node on the way down. Without `node`, everything below is in the tree. */
interface Place extends TileId {
  node?: number;
}

function* below(tree: TileTree, { z, x, y, node }: Place): Generator<Place> {
  const nibble = node === undefined ? 0 : nibbleAt(tree, node);
  for (let quarter = 0; quarter < 4; quarter++) {
    if (nibble !== 0 && !((nibble >> quarter) & 1)) continue;
    const child = { z: z + 1, x: 2 * x + (quarter & 1), y: 2 * y + (quarter >> 1) };
    const deeper = nibble !== 0 && z + 1 < tree.zooms[1];
    yield deeper ? { ...child, node: childOf(tree, node!, quarter) } : child;
  }
}

const rootOf = ({ zooms: [, max] }: TileTree): Place => ({ z: 0, x: 0, y: 0, ...(max > 0 && { node: 0 }) });

/** Returns whether a place includes everything below. */
const isFull = (tree: TileTree, { node }: Place) => node === undefined || nibbleAt(tree, node) === 0;

/** Yields the tiles that together contain all listed tiles, of any zoom. For a full place, yields only its top tile. */
export function* outlineOf(set: TileSet): Generator<TileId> {
  for (const tree of set) {
    const stack = [rootOf(tree)];
    for (let place = stack.pop(); place; place = stack.pop()) {
      const { z, x, y } = place;
      if (isFull(tree, place)) yield { z, x, y };
      else stack.push(...below(tree, place));
    }
  }
}

/** Yields every listed tile, or only those of `zooms`. A list may name a practically endless number. */
export function* listedTiles(set: TileSet, zooms: ZoomRange = [0, Infinity]): Generator<TileId> {
  for (const tree of set) {
    const [min, max] = [Math.max(tree.zooms[0], zooms[0]), Math.min(tree.zooms[1], zooms[1])];
    const stack = [rootOf(tree)];
    for (let place = stack.pop(); place; place = stack.pop()) {
      const { z, x, y } = place;
      if (z >= min && z <= max) yield { z, x, y };
      if (z < max) stack.push(...below(tree, place));
    }
  }
}

/** Returns the lowest and highest zoom of a list, or `undefined` if it names no tile. */
export function zoomsOfSet(set: TileSet): ZoomRange | undefined {
  if (set.length === 0) return undefined;
  return [Math.min(...set.map(({ zooms }) => zooms[0])), Math.max(...set.map(({ zooms }) => zooms[1]))];
}
