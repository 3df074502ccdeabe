import type { TileCacheErrorCode } from './errors';
import type { BBox, TileId } from './tile';
import { boundsHold, countTiles, tileBounds, worldX, worldY } from './tile-math';
import { isRecord, type Read, readBBox, refuse } from './validate';

/** A ring of `[longitude, latitude]`, its last point the first one again (RFC 7946 section 3.1.6). */
export type Ring = ReadonlyArray<readonly [longitude: number, latitude: number, ...rest: number[]]>;

/** What a region may be cut by: a box, or a GeoJSON geometry (RFC 7946; it ends at the antimeridian, so two polygons go over it). */
export type RegionBounds =
  | BBox
  | { type: 'Polygon'; coordinates: readonly Ring[] }
  | { type: 'MultiPolygon'; coordinates: ReadonlyArray<readonly Ring[]> };

/** The tiles of Web Mercator that touch some bounds. */
export interface Area {
  /** Boxes that hold all of it. */
  boxes: readonly BBox[];
  /** How many tiles of a zoom touch it; may stop counting above `most`. */
  count(zoom: number, most?: number): number;
  /** The tiles of a zoom that lie in `root` and touch it, in the order of rows. `root` is of that zoom or a lower one. */
  within(root: TileId, zoom: number): TileId[];
  /** The tiles of a zoom that touch it, in an order that never changes. */
  tiles(zoom: number): Iterable<TileId>;
}

const MAX_POINTS = 20_000;
const MAX_RINGS = 1000;
/** As far as a tile's edge is widened: what touches it within rounding touches the tile. Shares of the world. */
const TOUCH = 1e-12;

/** Checks bounds as they come over the wire. */
export const readBounds: Read<RegionBounds> = (value, field, code) => {
  if (Array.isArray(value)) return readBBox(value, field, code);
  if (!isRecord(value)) refuse(code, field, 'a box [west, south, east, north] or a GeoJSON Polygon or MultiPolygon');
  const { type, coordinates } = value;
  if (type !== 'Polygon' && type !== 'MultiPolygon') refuse(code, `${field}.type`, 'Polygon or MultiPolygon');
  const at = `${field}.coordinates`;
  let points = 0;
  const polygon = (rings: unknown, path: string): Ring[] => {
    if (!Array.isArray(rings) || rings.length < 1 || rings.length > MAX_RINGS)
      refuse(code, path, `a list of 1 to ${MAX_RINGS} rings`);
    return rings.map((ring, i) => {
      if (Array.isArray(ring)) points += ring.length;
      if (points > MAX_POINTS) refuse(code, field, `no more than ${MAX_POINTS} points`);
      return readRing(ring, `${path}[${i}]`, code);
    });
  };
  if (type === 'Polygon') return { type, coordinates: polygon(coordinates, at) };
  if (!Array.isArray(coordinates) || coordinates.length < 1 || coordinates.length > MAX_RINGS)
    refuse(code, at, `a list of 1 to ${MAX_RINGS} polygons`);
  return { type, coordinates: coordinates.map((rings, i) => polygon(rings, `${at}[${i}]`)) };
};

function readRing(ring: unknown, field: string, code: TileCacheErrorCode): Ring {
  if (!Array.isArray(ring) || ring.length < 4) refuse(code, field, 'a closed ring of at least four points');
  const points = ring.map((point: unknown, i): [number, number] => {
    const [longitude, latitude] = Array.isArray(point) ? (point as unknown[]) : [];
    if (!within(longitude, 180)) refuse(code, `${field}[${i}][0]`, 'a longitude, -180 to 180');
    if (!within(latitude, 90)) refuse(code, `${field}[${i}][1]`, 'a latitude, -90 to 90');
    return [longitude as number, latitude as number];
  });
  const [first, last] = [points[0]!, points.at(-1)!];
  if (first[0] !== last[0] || first[1] !== last[1]) refuse(code, field, 'closed: its last point is its first one');
  return points;
}

const within = (value: unknown, most: number) => typeof value === 'number' && Math.abs(value) <= most;

/** The tiles of checked bounds. */
export function createArea(bounds: RegionBounds): Area {
  if (!('type' in bounds)) return boxArea(bounds);
  return polygonArea(bounds.type === 'Polygon' ? [bounds.coordinates] : bounds.coordinates);
}

function boxArea(box: BBox): Area {
  const within = (root: TileId, zoom: number) => {
    const bounds = tileBounds(box, zoom);
    const scale = 2 ** (zoom - root.z);
    const tiles: TileId[] = [];
    const [minY, maxY] = [Math.max(bounds.minY, root.y * scale), Math.min(bounds.maxY, (root.y + 1) * scale - 1)];
    for (let y = minY; y <= maxY; y += 1)
      for (let x = root.x * scale; x < (root.x + 1) * scale; x += 1)
        if (boundsHold(bounds, { z: zoom, x, y })) tiles.push({ z: zoom, x, y });
    return tiles;
  };
  return {
    boxes: [box],
    count: (zoom) => countTiles(tileBounds(box, zoom)),
    within,
    *tiles(zoom) {
      const bounds = tileBounds(box, zoom);
      const size = 2 ** zoom;
      // From the west of the world, whatever the box begins with: the order is that of polygons.
      const spans =
        bounds.maxX - bounds.minX + 1 >= size
          ? [[0, size - 1] as const]
          : bounds.minX < 0
            ? [[0, bounds.maxX] as const, [bounds.minX + size, size - 1] as const]
            : bounds.maxX >= size
              ? [[0, bounds.maxX - size] as const, [bounds.minX, size - 1] as const]
              : [[bounds.minX, bounds.maxX] as const];
      for (let y = bounds.minY; y <= bounds.maxY; y += 1)
        for (const [from, to] of spans) for (let x = from; x <= to; x += 1) yield { z: zoom, x, y };
    },
  };
}

type Edge = readonly [x1: number, y1: number, x2: number, y2: number];

function polygonArea(polygons: ReadonlyArray<readonly Ring[]>): Area {
  const rings = polygons.flat();
  const edges = rings.flatMap((ring) =>
    ring.slice(1).map((point, i): Edge => {
      const from = ring[i]!;
      return [worldX(from[0]), worldY(from[1]), worldX(point[0]), worldY(point[1])];
    }),
  );
  const inside = (x: number, y: number) => {
    let odd = false;
    for (const [x1, y1, x2, y2] of edges)
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
    return odd;
  };

  /** Calls back for each tile of the zoom that touches; `whole` where all beneath a tile do. */
  const walk = (
    tile: TileId,
    near: readonly Edge[],
    zoom: number,
    found: (tile: TileId, whole: boolean) => boolean,
  ): boolean => {
    const size = 2 ** tile.z;
    const [west, north] = [tile.x / size, tile.y / size];
    const own = near.filter((edge) => crosses(edge, west, north, 1 / size));
    // No edge in it: all of it is inside, or nothing.
    if (own.length === 0) return inside(west + 0.5 / size, north + 0.5 / size) ? found(tile, true) : true;
    if (tile.z === zoom) return found(tile, false);
    for (const dy of [0, 1])
      for (const dx of [0, 1])
        if (!walk({ z: tile.z + 1, x: 2 * tile.x + dx, y: 2 * tile.y + dy }, own, zoom, found)) return false;
    return true;
  };
  const WORLD = { z: 0, x: 0, y: 0 };
  const within = (root: TileId, zoom: number) => {
    const tiles: TileId[] = [];
    walk(root, edges, zoom, (tile) => {
      const scale = 2 ** (zoom - tile.z);
      for (let y = 0; y < scale; y += 1)
        for (let x = 0; x < scale; x += 1) tiles.push({ z: zoom, x: tile.x * scale + x, y: tile.y * scale + y });
      return true;
    });
    return tiles.sort((a, b) => a.y - b.y || a.x - b.x);
  };
  return {
    boxes: polygons.map(([outer]) => boxOf(outer!)),
    count(zoom, most = Infinity) {
      let count = 0;
      walk(WORLD, edges, zoom, (tile) => (count += 4 ** (zoom - tile.z)) <= most);
      return count;
    },
    within,
    *tiles(zoom) {
      if (zoom <= CHUNK) return yield* within(WORLD, zoom);
      // By the tiles of a lower zoom, so that no list is long.
      for (const root of this.tiles(zoom - CHUNK)) yield* within(root, zoom);
    },
  };
}

/** Zooms that are walked at once. */
const CHUNK = 6;

function boxOf(ring: Ring): BBox {
  const [longitudes, latitudes] = [ring.map((point) => point[0]), ring.map((point) => point[1])];
  return [Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)];
}

/** True where a segment touches a square (Liang and Barsky's clipping). */
function crosses([x1, y1, x2, y2]: Edge, west: number, north: number, size: number): boolean {
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
