import type { TileId, ZoomRange } from '../../src/shared/tile';
import { MAX_TILES_LENGTH, TILES_FORMAT } from '../../src/shared/tile-set';
import { keyOf, type Keys, MAX_LISTED_ZOOM, type Part, partsOf, sorted, spreadOver } from './tile-keys';
import { isInteger, refuse } from '../../src/shared/validate';

/** Nodes of one level. */
interface Level {
  keys: number[];
  /** Which quarters there are; 0: everything beneath. */
  nibbles: number[];
}

/** The level above one, with the nodes that are full by themselves. */
function levelAbove({ keys, nibbles }: Level, full: Keys | undefined): Level {
  const level: Level = { keys: [], nibbles: [] };
  let [i, f] = [0, 0];
  while (i < keys.length || (full && f < full.length)) {
    const parent = i < keys.length ? Math.floor(keys[i]! / 4) : Infinity;
    const whole = full && f < full.length ? full[f]! : Infinity;
    const key = Math.min(parent, whole);
    let [quarters, filled] = [0, 0];
    for (; i < keys.length && Math.floor(keys[i]! / 4) === key; i++) {
      quarters |= 1 << (keys[i]! % 4);
      if (nibbles[i] === 0) filled += 1;
    }
    if (whole === key) f += 1;
    level.keys.push(key);
    level.nibbles.push(whole === key || filled === 4 ? 0 : quarters);
  }
  return level;
}

/** The nodes of a tree, level by level; nothing beneath those that are full. */
function nodesOf({ zooms, keys }: Part): number[][] {
  const levels: Level[] = [];
  let level: Level = { keys: [], nibbles: [] };
  for (let zoom = zooms[1]; zoom >= 0; zoom--) levels[zoom] = level = levelAbove(level, keys.get(zoom));
  const nodes: number[][] = [];
  let live = level.keys.length ? [0] : [];
  for (let zoom = 0; zoom < zooms[1]; zoom++) {
    const [own, below] = [levels[zoom]!, levels[zoom + 1]!];
    const next: number[] = [];
    nodes.push(live.map((node) => own.nibbles[node]!));
    let child = 0;
    for (const node of live) {
      if (own.nibbles[node] === 0) continue;
      const key = own.keys[node]!;
      while (Math.floor(below.keys[child]! / 4) < key) child += 1;
      while (child < below.keys.length && Math.floor(below.keys[child]! / 4) === key) next.push(child++);
    }
    live = next;
  }
  return nodes;
}

function bytesOf(parts: readonly Part[], trees: readonly number[][][]): number[] {
  const bytes: number[] = [TILES_FORMAT];
  parts.forEach(({ zooms }, part) => {
    const nodes = trees[part]!.flat();
    bytes.push(...zooms);
    for (let i = 0; i < nodes.length; i += 2) bytes.push(nodes[i]! | ((nodes[i + 1] ?? 0) << 4));
  });
  return bytes;
}

/** A shorter list that names at least as much: at the deepest zoom, all four quarters where there were `least` of them. */
function coarser(part: Part, deepest: number, least: number): Part {
  const own = part.keys.get(deepest);
  if (!own) return part;
  const [whole, left]: [number[], number[]] = [[...(part.keys.get(deepest - 1) ?? [])], []];
  for (let i = 0, end = 0; i < own.length; i = end) {
    const parent = Math.floor(own[i]! / 4);
    while (end < own.length && Math.floor(own[end]! / 4) === parent) end += 1;
    if (end - i >= least) whole.push(parent);
    else left.push(...own.slice(i, end));
  }
  const keys = new Map(part.keys);
  keys.delete(deepest);
  keys.set(deepest - 1, sorted(whole));
  if (left.length) keys.set(deepest, Float64Array.from(left));
  return { zooms: part.zooms, keys };
}

/** Nodes that have room in a list: two a byte, four characters for three bytes, and the heads of the trees. */
const MOST_NODES = Math.floor(MAX_TILES_LENGTH * 0.75 - 64) * 2;

/** The zoom down to which all nodes have room, those that are full among them. */
function zoomWithRoom(trees: readonly number[][][]): number {
  let nodes = 0;
  for (let zoom = 0; ; zoom++) {
    nodes += trees.reduce((sum, levels) => sum + (levels[zoom]?.length ?? 0), 0);
    if (nodes > MOST_NODES) return zoom - 1;
  }
}

const deepestOf = (parts: readonly Part[]) => Math.max(...parts.flatMap(({ keys }) => [...keys.keys()]));

/** The bytes of a list, with as few more tiles as make it short enough: quarters that are nearly full go first. */
function pack(parts: Part[]): number[] {
  const trees = parts.map(nodesOf);
  if (trees.flat(2).length <= MOST_NODES) return bytesOf(parts, trees);
  const zoom = zoomWithRoom(trees);
  let shorter = parts;
  while (deepestOf(shorter) > zoom + 1) {
    const deepest = deepestOf(shorter);
    shorter = shorter.map((part) => coarser(part, deepest, 1));
  }
  for (const least of [3, 2, 1]) {
    shorter = shorter.map((part) => coarser(part, zoom + 1, least));
    const made = shorter.map(nodesOf);
    if (made.flat(2).length <= MOST_NODES) return bytesOf(shorter, made);
  }
  return pack(shorter);
}

/** Gathers tiles, a million of them if must be, and packs them. */
export interface TileList {
  /** Throws `INVALID_OPTION` for what is no tile, and for a zoom above 26. */
  add(tile: TileId): void;
  /** How many were added; twice the same one counts twice. */
  readonly size: number;
  /**
   * The list as the manifest carries it, 200,000 characters at most: a list that would be longer names whole quarters of the
   * world in place of its tiles, never less than these. `zooms`: in these zooms, the parents of what the list names and all
   * beneath, in place of what it names itself.
   */
  pack(zooms?: ZoomRange): string;
}

/** A list of tiles that changed, to be filled and packed for `tiles` of a publication. */
export function createTileList(): TileList {
  const byZoom = new Map<number, number[]>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add({ z, x, y }) {
      if (!isInteger(z, 0, MAX_LISTED_ZOOM) || !isInteger(x, 0, 2 ** z - 1) || !isInteger(y, 0, 2 ** z - 1))
        refuse('INVALID_OPTION', 'tile', `a tile of zoom 0 to ${MAX_LISTED_ZOOM}, and ${z}/${x}/${y} is none`);
      const keys = byZoom.get(z);
      if (keys) keys.push(keyOf({ x, y }));
      else byZoom.set(z, [keyOf({ x, y })]);
      size += 1;
    },
    pack(zooms) {
      if (byZoom.size === 0) return '';
      const keys = new Map([...byZoom].map(([zoom, own]) => [zoom, sorted(own)]));
      return base64url(pack(zooms ? [spreadOver(keys, zooms)] : partsOf(keys)));
    },
  };
}

function base64url(bytes: readonly number[]): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.slice(i, i + 4096));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
