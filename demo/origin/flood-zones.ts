import type { Feature, Position } from 'geojson';
import type { BBox, TileId } from '../../src/shared/tile';
import { citiesAbove } from './places';
import { editionAt, type Edition } from './editions';
import { seed } from './seed';
import { createCutter, encode, type TileFeature } from './vector-tiles';

/** Degrees by which a zone may reach beyond its place. */
export const ZONE_REACH = 1.5;

const LEVELS = ['watch', 'warning', 'emergency'] as const;
const CORNERS = 28;

/** Returns an irregular ring whose shape depends only on the name. */
function blob(name: string, longitude: number, latitude: number, radiusX: number, radiusY: number): Position[] {
  const phase = (seed(name) % 628) / 100;
  const lobes = 2 + (seed(`${name} lobes`) % 3);
  const ring = Array.from({ length: CORNERS }, (_, corner): Position => {
    const angle = (corner / CORNERS) * 2 * Math.PI;
    const wobble = 0.82 + 0.18 * Math.sin(lobes * angle + phase);
    return [longitude + Math.cos(angle) * radiusX * wobble, latitude + Math.sin(angle) * radiusY * wobble];
  });
  return [...ring, ring[0]!];
}

function zone(name: string, level: number, ring: Position[]): Feature {
  return {
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties: { name, level: LEVELS[level % LEVELS.length]! },
  };
}

/** Returns the zones around 14 large cities. Each edition that covers a city changes its zone. */
function aroundCities(edition: Edition): Feature[] {
  return citiesAbove(150_000).flatMap(({ id, name, longitude, latitude }) => {
    const draw = seed(`${id} ${editionAt(edition, longitude, latitude)}`);
    if (draw % 14 > 0 || Math.abs(latitude) > 65) return [];
    const radius = 0.35 + ((draw >>> 8) % 80) / 100;
    return [
      zone(
        name,
        draw >>> 16,
        blob(name, longitude, latitude, radius / Math.cos((latitude * Math.PI) / 180) / 1.2, radius / 1.2),
      ),
    ];
  });
}

/** Returns a zone that fills each published box, to make the publication visible. */
function inBoxes({ boxes }: Edition): Feature[] {
  return boxes.map(([west, south, east, north]: BBox, index) => {
    const width = west <= east ? east - west : east - west + 360;
    const name = `Published area ${index + 1}`;
    return zone(name, index + 1, blob(name, west + width / 2, (south + north) / 2, width / 2, (north - south) / 2));
  });
}

/**
 * Creates the tiles of flood zones, which are **made up** around real cities, because no npm package contains such data.
 * Keeps the cutter of the last edition.
 */
export function createFloodZones(): (tile: TileId, edition: Edition) => Uint8Array {
  let last: { of: Edition; cut: (tile: TileId) => TileFeature[] } | undefined;
  return (tile, edition) => {
    if (last?.of !== edition)
      last = { of: edition, cut: createCutter([...aroundCities(edition), ...inBoxes(edition)]) };
    return encode({ flood_zones: last.cut(tile) });
  };
}
