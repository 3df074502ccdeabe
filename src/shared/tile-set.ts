import type { TileCacheErrorCode } from './errors';
import type { TileId, ZoomRange } from './tile';
import { refuse } from './validate';

/**
 * A set of tiles as a quadtree, level by level. Each node has four bits that say which of its quarters contain tiles; x
 * counts first. A node without any bit stands for a square that is in the set as a whole. Lookups read the encoded bits
 * directly, without unpacking them.
 */
export interface TileTree {
  /**
   * The lowest and the highest zoom. The tree has a level for each zoom below the highest. A tile of a lower zoom is in
   * the set if the tree has tiles below it.
   */
  zooms: ZoomRange;
  /** Bit `4 * node + quarter` is bit `n % 8` of byte `n / 8`. */
  bits: Uint8Array<ArrayBuffer>;
  /** The number of set bits before each block of bytes. The nth set bit leads to node n + 1. */
  ranks: Uint32Array<ArrayBuffer>;
}

/** The tiles of all these trees. It is plain data, so that it can be stored. */
export type TileSet = readonly TileTree[];

/** Maximum length of an encoded list of tiles, in characters. */
export const MAX_TILES_LENGTH = 200_000;
/** The first byte of a list: the version of its format. */
export const TILES_FORMAT = 1;
/** Maximum number of trees in a list: one for each zoom. */
const MAX_TREES = 31;
const HIGHEST = 30;
/** Bytes of a block of `ranks`. */
const BLOCK = 32;

function countBits(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55);
  const fours = (pairs & 0x33) + ((pairs >> 2) & 0x33);
  return (fours + (fours >> 4)) & 15;
}

/** Returns the number of set bits before bit `at`. */
function rank({ bits, ranks }: TileTree, at: number): number {
  const byte = at >> 3;
  let count = ranks[(byte / BLOCK) | 0]!;
  for (let i = byte - (byte % BLOCK); i < byte; i++) count += countBits(bits[i]!);
  return count + countBits(bits[byte]! & ((1 << (at & 7)) - 1));
}

/** Returns the four bits of a node. */
export const nibbleAt = ({ bits }: Pick<TileTree, 'bits'>, node: number): number =>
  (bits[node >> 1]! >> (4 * (node & 1))) & 15;

/**
 * Returns the child of a node for one of its quarters. The quarter's bit must be set, and the node above the last
 * level.
 */
export const childOf = (tree: TileTree, node: number, quarter: number): number => 1 + rank(tree, 4 * node + quarter);

function treeHolds(tree: TileTree, { z, x, y }: TileId): boolean {
  const [min, max] = tree.zooms;
  if (z < min || z > max) return false;
  let node = 0;
  for (let left = z - 1; left >= 0; left--) {
    const nibble = nibbleAt(tree, node);
    if (nibble === 0) return true;
    const quarter = ((x >> left) & 1) | (((y >> left) & 1) << 1);
    if (!((nibble >> quarter) & 1)) return false;
    if (left > 0) node = childOf(tree, node, quarter);
  }
  return true;
}

/** Returns true if the set contains the tile. Takes as many steps as the tile's zoom, however long the list is. */
export function setHolds(set: TileSet, tile: TileId): boolean {
  return set.some((tree) => treeHolds(tree, tile));
}

/** Builds a tree from its bits. */
function indexTree(zooms: ZoomRange, bits: Uint8Array<ArrayBuffer>): TileTree {
  const ranks = new Uint32Array(Math.ceil(bits.length / BLOCK));
  let count = 0;
  bits.forEach((byte, i) => {
    if (i % BLOCK === 0) ranks[i / BLOCK] = count;
    count += countBits(byte);
  });
  return { zooms, bits, ranks };
}

/**
 * Returns the number of nodes of the tree that begins at a byte, or `undefined` if the bytes end before the tree does.
 */
function countNodes(bytes: Uint8Array, start: number, depth: number): number | undefined {
  const available = 2 * (bytes.length - start);
  let nodes = 0;
  for (let level = 0, width = 1; level < depth && width > 0; level++) {
    const end = nodes + width;
    if (end > available) return undefined;
    width = 0;
    for (; nodes < end; nodes++) width += countBits((bytes[start + (nodes >> 1)]! >> (4 * (nodes & 1))) & 15);
  }
  return nodes;
}

/**
 * Decodes a list of tiles: base64url of a byte 1, followed by the lowest zoom, the highest zoom and the nodes of each
 * tree. An empty text is an empty list. Throws `TileCacheError` with this code, which names the field.
 */
export function decodeTiles(text: string, field: string, code: TileCacheErrorCode): TileSet {
  const wrong = (why: string): never => refuse(code, field, `a list of tiles as sw-tile-cache writes it: ${why}`);
  if (text === '') return [];
  let raw: string;
  try {
    raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return wrong('it is not base64url');
  }
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  if (bytes[0] !== TILES_FORMAT) wrong('its first byte is not 1');
  const trees: TileTree[] = [];
  for (let at = 1; at < bytes.length;) {
    const [min = 0, max = HIGHEST + 1] = bytes.subarray(at, at + 2);
    if (min > max || max > HIGHEST) wrong(`zooms are 0 to ${HIGHEST}`);
    if (trees.length === MAX_TREES) wrong(`it has more than ${MAX_TREES} trees`);
    at += 2;
    const nodes = countNodes(bytes, at, max) ?? wrong('it is cut short');
    const end = at + Math.ceil(nodes / 2);
    trees.push(indexTree([min, max], bytes.slice(at, end)));
    at = end;
  }
  return trees;
}
