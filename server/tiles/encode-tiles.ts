import type { TileId, ZoomRange } from '../../src/shared/tile';
import { MAX_TILES_LENGTH, TILES_FORMAT } from '../../src/shared/tile-set';
import { keyOf, type Keys, MAX_LISTED_ZOOM, type Part, partsOf, sorted, spreadOver } from './tile-keys';
import { isInteger, refuse } from '../../src/shared/validate';

/** The nodes of one level. */
interface Level {
  keys: number[];
  /** The existing quarters of each node; 0 if everything below is included. */
  nibbles: number[];
}

/** Returns the level above one, including the nodes that are full themselves. */
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

/** Returns the nodes of a tree, level by level, without those below full nodes. */
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

/**
 * Returns a shorter list that covers at least as much: fills nodes at the deepest zoom that have `least` of their
 * quarters.
 */
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

/** Nodes that fit in a list: two in a byte, four characters for three bytes, without the headers of the trees. */
const MOST_NODES = Math.floor(MAX_TILES_LENGTH * 0.75 - 64) * 2;

/** Returns the deepest zoom at which all nodes still fit, including full ones. */
function zoomWithRoom(trees: readonly number[][][]): number {
  let nodes = 0;
  for (let zoom = 0; ; zoom++) {
    nodes += trees.reduce((sum, levels) => sum + (levels[zoom]?.length ?? 0), 0);
    if (nodes > MOST_NODES) return zoom - 1;
  }
}

const deepestOf = (parts: readonly Part[]) => Math.max(...parts.flatMap(({ keys }) => [...keys.keys()]));

/**
 * Returns the bytes of a list. To make it short enough, fills nodes that are nearly full first, so that few tiles are
 * added.
 */
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

/** Collects tiles, as many as a million, and packs them into a list. */
export interface TileList {
  /** Adds a tile. Throws `INVALID_OPTION` for an invalid tile and for a zoom above 26. */
  add(tile: TileId): void;
  /** The number of tiles added so far; counts a tile twice if it was added twice. */
  readonly size: number;
  /**
   * Returns the list in the manifest's form, at most 200,000 characters. If the tiles do not fit, the list names larger
   * areas that contain them, so that it covers more tiles but never fewer. `zooms`: lists the tiles of these zooms in
   * place of the zooms of the tiles added, that is their ancestors and descendants.
   */
  pack(zooms?: ZoomRange): string;
}

/** Creates an empty list of changed tiles, to be filled and packed for a publication's `tiles`. */
export function createTileList(): TileList {
  const byZoom = new Map<number, number[]>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add({ z, x, y }) {
      if (!isInteger(z, 0, MAX_LISTED_ZOOM) || !isInteger(x, 0, 2 ** z - 1) || !isInteger(y, 0, 2 ** z - 1))
        refuse('INVALID_OPTION', 'tile', `a tile of zoom 0 to ${MAX_LISTED_ZOOM}; ${z}/${x}/${y} is not`);
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
