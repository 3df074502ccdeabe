import type { BBox, TileId, ZoomRange } from '../../src/shared/tile';

/** Boxes that a publication may name. */
export const MAX_BOXES = 16;
/** Rectangles that are compared pair by pair. */
const MOST_PIECES = 256;

/** A rectangle as fractions of the world, with y from the north. */
interface Piece {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

const union = (a: Piece, b: Piece): Piece => ({
  x0: Math.min(a.x0, b.x0),
  y0: Math.min(a.y0, b.y0),
  x1: Math.max(a.x1, b.x1),
  y1: Math.max(a.y1, b.y1),
});
const area = ({ x0, y0, x1, y1 }: Piece) => (x1 - x0) * (y1 - y0);

/** Inset of boxes as a fraction of a tile, because a box that ends at a tile's edge would also touch the neighbour. */
const INSET = 0.01;

/** Merges rectangles, as many as a million, into a few that contain them all. */
function createPieces() {
  /** The extent of the rectangles that begin in each cell of a grid. */
  let pieces = new Map<string, Piece>();
  let grid = 30;

  function put(into: Map<string, Piece>, piece: Piece): void {
    const size = 2 ** grid;
    const key = `${Math.floor(piece.x0 * size)} ${Math.floor(piece.y0 * size)}`;
    const held = into.get(key);
    into.set(key, held ? union(held, piece) : piece);
  }

  return {
    add(piece: Piece): void {
      put(pieces, piece);
      while (pieces.size > MOST_PIECES && grid > 0) {
        grid -= 1;
        const coarser = new Map<string, Piece>();
        for (const each of pieces.values()) put(coarser, each);
        pieces = coarser;
      }
    },
    merged: () => merge([...pieces.values()]),
  };
}

/**
 * Merges changed tiles into a few boxes around them, with their zooms. The boxes always contain all tiles, and as
 * little more as possible. Takes a million tiles as a stream.
 */
export function createCoalescer() {
  const pieces = createPieces();
  let zooms: ZoomRange | undefined;
  return {
    add({ z, x, y }: TileId): void {
      const size = 2 ** z;
      pieces.add({ x0: x / size, y0: y / size, x1: (x + 1) / size, y1: (y + 1) / size });
      zooms = zooms ? [Math.min(zooms[0], z), Math.max(zooms[1], z)] : [z, z];
    },
    /** Returns the boxes and zooms, or `undefined` if there were no tiles. */
    result(): { boxes: BBox[]; zooms: ZoomRange } | undefined {
      if (!zooms) return undefined;
      const inset = INSET / 2 ** zooms[1];
      return { boxes: pieces.merged().map((piece) => boxOf(piece, inset)), zooms };
    },
  };
}

/**
 * Half the size of a point, less than a metre. Shapes without area would merge with everything at the same latitude.
 */
const POINT = 2 ** -26;

const within = ([west, south, east, north]: BBox): BBox => [Math.max(-180, west), south, Math.min(180, east), north];

/** Merges changed boxes into a few that contain them all. `west > east` crosses the antimeridian. */
export function createBoxes() {
  const pieces = createPieces();
  return {
    add([west, south, east, north]: BBox): void {
      const [y0, y1] = [shareOfLatitude(north), shareOfLatitude(south)];
      const spans = west > east ? [[west, 180] as const, [-180, east] as const] : [[west, east] as const];
      for (const [from, to] of spans)
        pieces.add({ x0: from / 360 + 0.5 - POINT, x1: to / 360 + 0.5 + POINT, y0: y0 - POINT, y1: y1 + POINT });
    },
    result: (): BBox[] => pieces.merged().map((piece) => within(boxOf(piece, 0))),
  };
}

/** Merges the pair whose common box adds least area, until few enough are left. */
function merge(pieces: Piece[]): Piece[] {
  while (pieces.length > 1) {
    let [best, a, b] = [Infinity, 0, 1];
    for (let i = 0; i < pieces.length; i++)
      for (let j = i + 1; j < pieces.length; j++) {
        const [p, q] = [pieces[i]!, pieces[j]!];
        const added = area(union(p, q)) - area(p) - area(q);
        if (added < best) [best, a, b] = [added, i, j];
      }
    // Merge on if two boxes are practically one.
    if (pieces.length <= MAX_BOXES && best > 1e-3 * (area(pieces[a]!) + area(pieces[b]!))) break;
    const merged = union(pieces[a]!, pieces[b]!);
    pieces = pieces.filter((_, i) => i !== a && i !== b);
    pieces.push(merged);
  }
  return pieces;
}

const latitude = (y: number) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
const longitude = (x: number) => (x - 0.5) * 360;

/** Converts a latitude to a fraction of the world from the north, clamped to the square that Web Mercator shows. */
export function shareOfLatitude(degrees: number): number {
  const y = 0.5 - Math.asinh(Math.tan((degrees * Math.PI) / 180)) / (2 * Math.PI);
  return Math.min(1, Math.max(0, y));
}

function boxOf({ x0, y0, x1, y1 }: Piece, inset: number): BBox {
  return [longitude(x0 + inset), latitude(y1 - inset), longitude(x1 - inset), latitude(y0 + inset)];
}

/**
 * Parses one line of an expire list: `z/x/y`, as osm2pgsql, tegola and imposm write it. Returns `undefined` if it names
 * no tile.
 */
export function parseTileLine(line: string): TileId | undefined {
  const parts = /^\s*(\d{1,2})\/(\d{1,10})\/(\d{1,10})\s*$/.exec(line);
  if (!parts) return undefined;
  const [z, x, y] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return z <= 30 && x < 2 ** z && y < 2 ** z ? { z, x, y } : undefined;
}
