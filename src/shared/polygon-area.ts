import type { Area, Ring } from './area-shape';
import type { BBox, TileId } from './tile';
import { worldX, worldY } from './tile-math';

/** A side of a ring, in fractions of the world's width. `ring` is the index of its ring. */
interface Edge {
  ring: number;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** The indexes of the rings that contain a point. */
type Rings = ReadonlySet<number>;

/** Fraction of the world's width. A polygon within this distance of a tile's edge touches the tile. */
const TOUCH = 1e-12;
/** Number of zooms that one walk descends. */
const CHUNK = 6;
/**
 * The point of a tile that is tested for being inside. It is off the middle, because sides of real shapes often run
 * through the middle.
 */
const [ASIDE_X, ASIDE_Y] = [0.5137, 0.5291];
const WORLD: TileId = { z: 0, x: 0, y: 0 };

/**
 * The tiles that touch polygons: those that touch an outer ring's area, less the insides of its holes. Polygons may
 * overlap.
 *
 * The walk divides a square only if a side runs through it. It derives whether the next square is inside from the sides
 * between the two. So the cost of a coast of 20,000 points grows with its tiles, not with points times tiles.
 */
export function polygonArea(polygons: ReadonlyArray<readonly Ring[]>): Area {
  const owners = polygons.flatMap((rings, polygon) => rings.map((_, i) => ({ polygon, isHole: i > 0 })));
  const edges = polygons.flat().flatMap(edgesOf);

  const isInside = (rings: Rings) => {
    const holes = new Set<number>();
    for (const ring of rings) if (owners[ring]!.isHole) holes.add(owners[ring]!.polygon);
    for (const ring of rings) if (!owners[ring]!.isHole && !holes.has(owners[ring]!.polygon)) return true;
    return false;
  };

  /**
   * Calls `found` for each square that touches the area: a tile of the zoom, or a tile of a lower zoom whose children
   * all touch it. Stops when `found` returns false.
   */
  const walk = (root: TileId, zoom: number, found: (tile: TileId) => boolean): boolean => {
    const visit = (tile: TileId, near: readonly Edge[], rings: Rings): boolean => {
      const size = 2 ** tile.z;
      const own = near.filter((edge) => crosses(edge, tile.x / size, tile.y / size, 1 / size));
      if (own.length === 0) return isInside(rings) ? found(tile) : true;
      if (tile.z === zoom) return found(tile);
      const from = lookAt(tile);
      for (const dy of [0, 1])
        for (const dx of [0, 1]) {
          const part = { z: tile.z + 1, x: 2 * tile.x + dx, y: 2 * tile.y + dy };
          if (!visit(part, own, ringsAt(lookAt(part), from, rings, own))) return false;
        }
      return true;
    };
    // Start beyond the world's west edge, where no ring is.
    const [x, y] = lookAt(root);
    return visit(root, edges, ringsAt([x, y], [-1, y], new Set(), edges));
  };

  const within = (root: TileId, zoom: number) => {
    const tiles: TileId[] = [];
    walk(root, zoom, (tile) => {
      const scale = 2 ** (zoom - tile.z);
      for (let y = 0; y < scale; y += 1)
        for (let x = 0; x < scale; x += 1) tiles.push({ z: zoom, x: tile.x * scale + x, y: tile.y * scale + y });
      return true;
    });
    return tiles.sort((a, b) => a.y - b.y || a.x - b.x);
  };
  return {
    boxes: polygons.map(boxOf),
    count(zoom, most = Infinity) {
      let count = 0;
      walk(WORLD, zoom, (tile) => (count += 4 ** (zoom - tile.z)) <= most);
      return count;
    },
    within,
    *tiles(zoom) {
      if (zoom <= CHUNK) return yield* within(WORLD, zoom);
      // Walk from the tiles of a lower zoom, so that no list gets long.
      for (const root of this.tiles(zoom - CHUNK)) yield* within(root, zoom);
    },
  };
}

const lookAt = ({ z, x, y }: TileId): [x: number, y: number] => [(x + ASIDE_X) / 2 ** z, (y + ASIDE_Y) / 2 ** z];

/**
 * Returns the rings around a point, given those around another: every side crossed on the way enters or leaves its
 * ring.
 */
function ringsAt(
  [x, y]: [number, number],
  [fromX, fromY]: [number, number],
  rings: Rings,
  near: readonly Edge[],
): Rings {
  let changed: Set<number> | undefined;
  for (const { ring, x1, y1, x2, y2 } of near) {
    // Go along the parallel first, then along the meridian.
    let crossed = false;
    if (y1 > fromY !== y2 > fromY) {
      const at = ((x2 - x1) * (fromY - y1)) / (y2 - y1) + x1;
      crossed = fromX < at !== x < at;
    }
    if (x1 > x !== x2 > x) {
      const at = ((y2 - y1) * (x - x1)) / (x2 - x1) + y1;
      if (fromY < at !== y < at) crossed = !crossed;
    }
    if (!crossed) continue;
    changed ??= new Set(rings);
    if (!changed.delete(ring)) changed.add(ring);
  }
  return changed ?? rings;
}

const edgesOf = (points: Ring, ring: number): Edge[] =>
  points.slice(1).map((to, i) => {
    const from = points[i]!;
    return { ring, x1: worldX(from[0]), y1: worldY(from[1]), x2: worldX(to[0]), y2: worldY(to[1]) };
  });

/** Returns the box around all rings, holes included: a hole may stick out of its outer ring. */
function boxOf(rings: readonly Ring[]): BBox {
  const box: [number, number, number, number] = [180, 90, -180, -90];
  for (const [longitude, latitude] of rings.flat()) {
    box[0] = Math.min(box[0], longitude);
    box[1] = Math.min(box[1], latitude);
    box[2] = Math.max(box[2], longitude);
    box[3] = Math.max(box[3], latitude);
  }
  return box;
}

/** Returns true if a segment touches a square (the Liang–Barsky algorithm). */
function crosses({ x1, y1, x2, y2 }: Edge, west: number, north: number, size: number): boolean {
  let [from, to] = [0, 1];
  const clip = (p: number, q: number) => {
    if (p === 0) return q >= 0;
    const t = q / p;
    if (p < 0) from = Math.max(from, t);
    else to = Math.min(to, t);
    return from <= to;
  };
  const [dx, dy] = [x2 - x1, y2 - y1];
  return (
    clip(-dx, x1 - west + TOUCH) &&
    clip(dx, west + size - x1 + TOUCH) &&
    clip(-dy, y1 - north + TOUCH) &&
    clip(dy, north + size - y1 + TOUCH)
  );
}
