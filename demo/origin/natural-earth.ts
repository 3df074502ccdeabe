import type { Feature, MultiLineString, MultiPolygon, Polygon } from 'geojson';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature, mesh } from 'topojson-client';
import { flatten } from './antimeridian';

/** Natural Earth's three scales: one in 110, 50 and 10 million. */
export type Scale = '110m' | '50m' | '10m';

export type Country = Feature<Polygon | MultiPolygon, { name: string; code: string }>;

export interface World {
  countries: Country[];
  borders: MultiLineString;
}

const require = createRequire(import.meta.url);
const worlds = new Map<Scale, World>();

/** Returns the scale with details of about a pixel at this zoom. */
export function scaleFor(zoom: number): Scale {
  return zoom < 2 ? '110m' : zoom < 6 ? '50m' : '10m';
}

/** Returns countries and the borders between them. Reads and converts them once, on first use. */
export function naturalEarth(scale: Scale): World {
  const known = worlds.get(scale);
  if (known) return known;
  const topology = JSON.parse(readFileSync(require.resolve(`world-atlas/countries-${scale}.json`), 'utf8'));
  const { countries } = topology.objects;
  const world: World = {
    countries: feature(topology, countries).features.map(({ id, geometry, properties }) => ({
      type: 'Feature',
      geometry: flatten(geometry),
      properties: { name: properties.name, code: String(id ?? properties.name) },
    })),
    borders: mesh(topology, countries, (a, b) => a !== b),
  };
  worlds.set(scale, world);
  return world;
}
