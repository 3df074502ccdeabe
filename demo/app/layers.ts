/** The layers of the demo's origin, from the top of the map down. */
export interface MapLayer {
  id: string;
  title: string;
  /** What it is, in a few words. */
  about: string;
  /** Whether new data can be published inside a box. */
  boxed: boolean;
  kind: 'vector' | 'raster';
}

export const layers: readonly MapLayer[] = [
  { id: 'flood_zones', title: 'Flood zones', about: 'alerts: an old one is never shown', boxed: true, kind: 'vector' },
  { id: 'places', title: 'Places', about: 'fresh for a minute, usable for a day', boxed: true, kind: 'vector' },
  { id: 'basemap', title: 'Countries', about: 'base map: stale beats nothing', boxed: false, kind: 'vector' },
  { id: 'political', title: 'Political map', about: 'the same as pictures', boxed: true, kind: 'raster' },
];

/** The deepest tiles that the origin has. */
export const MAX_TILE_ZOOM = 8;

/** Where a layer's tiles are. */
export function template({ id, kind }: MapLayer): string {
  return `${location.origin}/tiles/${id}/{z}/{x}/{y}.${kind === 'raster' ? 'png' : 'pbf'}`;
}
