import type { TileCacheErrorCode } from './errors';
import type { TileId, ZoomRange } from './tile';
import { refuse } from './validate';

/**
 * Tiles of some zooms as a quadtree, level by level, four bits a node: which quarters hold a tile, x before y. No bit at all
 * says that everything beneath is in it. A tree is looked up as it lies: no key of it is ever unpacked.
 */
export interface TileTree {
  /** The tree ends at the second; tiles of the zooms between are in it where one of that zoom beneath them is. */
  zooms: ZoomRange;
  /** Bit `4 * node + quarter` is bit `n % 8` of byte `n / 8`. */
  bits: Uint8Array<ArrayBuffer>;
  /** Bits that are set before each block of bytes: the nth set bit leads to node n + 1. */
  ranks: Uint32Array<ArrayBuffer>;
}

/** Tiles that any of the trees holds; plain data, so that it can be stored as it is. */
export type TileSet = readonly TileTree[];

/** Characters of a list of tiles, as it is sent. */
export const MAX_TILES_LENGTH = 200_000;
/** The first byte: what follows is to be read as it is here. */
export const TILES_FORMAT = 1;
/** Trees that a list may hold: one for each zoom. */
const MAX_TREES = 31;
const HIGHEST = 30;
/** Bytes of one block. */
const BLOCK = 32;

function countBits(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55);
  const fours = (pairs & 0x33) + ((pairs >> 2) & 0x33);
  return (fours + (fours >> 4)) & 15;
}

/** Set bits before bit `at`. */
function rank({ bits, ranks }: TileTree, at: number): number {
  const byte = at >> 3;
  let count = ranks[(byte / BLOCK) | 0]!;
  for (let i = byte - (byte % BLOCK); i < byte; i++) count += countBits(bits[i]!);
  return count + countBits(bits[byte]! & ((1 << (at & 7)) - 1));
}

/** The four bits of a node. */
export const nibbleAt = ({ bits }: Pick<TileTree, 'bits'>, node: number): number =>
  (bits[node >> 1]! >> (4 * (node & 1))) & 15;

/** The node of a quarter that is there, above the last level. */
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

/** True where the list names the tile. Takes as many steps as its zoom is high, however long the list is. */
export function setHolds(set: TileSet, tile: TileId): boolean {
  return set.some((tree) => treeHolds(tree, tile));
}

/** The tree of these bits. */
export function indexTree(zooms: ZoomRange, bits: Uint8Array<ArrayBuffer>): TileTree {
  const ranks = new Uint32Array(Math.ceil(bits.length / BLOCK));
  let count = 0;
  bits.forEach((byte, i) => {
    if (i % BLOCK === 0) ranks[i / BLOCK] = count;
    count += countBits(byte);
  });
  return { zooms, bits, ranks };
}

/** Nodes of the tree that begins at a byte, or `undefined` where it goes on behind the end. */
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
 * Reads a list of tiles: base64url of a byte 1 and, for each tree, the lowest and the highest zoom and its nodes. Empty: no tile.
 * Throws `TileCacheError` with the code, naming the field.
 */
export function decodeTiles(text: string, field: string, code: TileCacheErrorCode): TileSet {
  const wrong = (why: string): never => refuse(code, field, `a list of tiles as sw-tile-cache writes it: ${why}`);
  if (text === '') return [];
  let raw: string;
  try {
    raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return wrong('it is no base64url');
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
