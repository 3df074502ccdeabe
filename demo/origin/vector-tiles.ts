import type { Feature } from 'geojson';
import GeoJSONVT from 'geojson-vt';
import { fromGeojsonVt } from 'vt-pbf';
import type { TileId } from '../../src/shared/tile';
import { naturalEarth, scaleFor, type Scale } from './natural-earth';
import { EXTENT } from './tile-maths';

export interface TileFeature {
  /** 1 point, 2 line, 3 polygon, as in the Mapbox Vector Tile specification. */
  type: 1 | 2 | 3;
  geometry: unknown;
  tags: Record<string, string | number>;
}

/** Creates a function that cuts features into tiles on request. */
export function createCutter(features: Feature[], buffer = 64): (tile: TileId) => TileFeature[] {
  const index = new GeoJSONVT(
    { type: 'FeatureCollection', features },
    { maxZoom: 12, indexMaxZoom: 3, extent: EXTENT, buffer },
  );
  return ({ z, x, y }) => (index.getTile(z, x, y)?.features ?? []) as TileFeature[];
}

const cutters = new Map<
  Scale,
  { countries: (tile: TileId) => TileFeature[]; borders: (tile: TileId) => TileFeature[] }
>();

/** Returns Natural Earth's countries and borders in a tile, at the scale that suits its zoom. */
export function worldIn(tile: TileId): { countries: TileFeature[]; borders: TileFeature[] } {
  const scale = scaleFor(tile.z);
  let cutter = cutters.get(scale);
  if (!cutter) {
    const { countries, borders } = naturalEarth(scale);
    cutter = {
      countries: createCutter(countries),
      borders: createCutter([{ type: 'Feature', geometry: borders, properties: {} }]),
    };
    cutters.set(scale, cutter);
  }
  return { countries: cutter.countries(tile), borders: cutter.borders(tile) };
}

/** Encodes a Mapbox Vector Tile with these layers. */
export function encode(layers: Record<string, TileFeature[]>): Uint8Array {
  const named = Object.fromEntries(Object.entries(layers).map(([name, features]) => [name, { features }]));
  return fromGeojsonVt(named, { version: 2, extent: EXTENT });
}
