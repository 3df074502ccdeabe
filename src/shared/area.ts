import type { TileCacheErrorCode } from './errors';
import type { BBox, TileId } from './tile';
import type { Area, RegionBounds, Ring } from './area-shape';
import { polygonArea } from './polygon-area';
import { boundsHold, countTiles, tileBounds } from './tile-math';
import { isRecord, type Read, readBBox, refuse } from './validate';

export type { Area, RegionBounds, Ring } from './area-shape';

const MAX_POINTS = 20_000;
const MAX_RINGS = 1000;

/** Checks bounds that came in a message. */
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
    return Array.from(rings, (ring: unknown, i) => {
      if (Array.isArray(ring)) points += ring.length;
      if (points > MAX_POINTS) refuse(code, field, `no more than ${MAX_POINTS} points`);
      return readRing(ring, `${path}[${i}]`, code);
    });
  };
  if (type === 'Polygon') return { type, coordinates: polygon(coordinates, at) };
  if (!Array.isArray(coordinates) || coordinates.length < 1 || coordinates.length > MAX_RINGS)
    refuse(code, at, `a list of 1 to ${MAX_RINGS} polygons`);
  return { type, coordinates: Array.from(coordinates, (rings, i) => polygon(rings, `${at}[${i}]`)) };
};

function readRing(ring: unknown, field: string, code: TileCacheErrorCode): Ring {
  if (!Array.isArray(ring) || ring.length < 4) refuse(code, field, 'a closed ring of at least four points');
  // `map` would skip the holes of a sparse array.
  const points = Array.from(ring, (point: unknown, i): [number, number] => {
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

/** Creates the area of checked bounds. */
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
      // Start at the world's west edge, so that boxes and polygons list tiles in the same order.
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
