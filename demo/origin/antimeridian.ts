import type { MultiPolygon, Polygon, Position } from 'geojson';

/**
 * Unrolls a geometry for a flat map. In world-atlas, Natural Earth is stitched for the globe: Russia and Fiji jump from 180
 * to -180, and Antarctica encloses the pole. On a flat map, such a ring becomes a stripe across the world. In the result,
 * longitudes continue beyond 180, which the tile cutter wraps, and a ring around the pole is closed along the map's lower
 * edge.
 */
export function flatten(geometry: Polygon | MultiPolygon): Polygon | MultiPolygon {
  return geometry.type === 'Polygon'
    ? { type: 'Polygon', coordinates: geometry.coordinates.map(unroll) }
    : { type: 'MultiPolygon', coordinates: geometry.coordinates.map((polygon) => polygon.map(unroll)) };
}

function unroll(ring: Position[]): Position[] {
  let shift = 0;
  let before: number | undefined;
  const flat = ring.map(([longitude = 0, latitude = 0]): Position => {
    if (before !== undefined && longitude - before > 180) shift -= 360;
    else if (before !== undefined && before - longitude > 180) shift += 360;
    before = longitude;
    return [longitude + shift, latitude];
  });
  const first = flat[0];
  const last = flat.at(-1);
  if (shift === 0 || !first || !last) return flat;
  return [...flat, [last[0]!, -90], [first[0]!, -90], first];
}
