import type { RegionLayer } from 'sw-tile-cache';

/** The layers of the demo's origin, from the top of the map down. */
export interface MapLayer {
  id: string;
  title: string;
  /** What determines the layer's freshness: a preset, or the source of its tiles. */
  follows: string;
  about: string;
  /** Whether new data can be published inside a box. */
  boxed: boolean;
  kind: 'vector' | 'raster';
  /** The highest zoom with tiles. */
  maxZoom: number;
}

/** The highest zoom of the origin's tiles. */
export const MAX_TILE_ZOOM = 8;

export const layers: readonly MapLayer[] = [
  {
    id: 'flood_zones',
    title: 'Flood zones',
    follows: 'preset alerts',
    about: 'An old tile is never shown.',
    boxed: true,
    kind: 'vector',
    maxZoom: MAX_TILE_ZOOM,
  },
  {
    id: 'places',
    title: 'Places',
    follows: 'preset poi',
    about: 'Fresh for a minute, usable for a day when the origin fails.',
    boxed: true,
    kind: 'vector',
    maxZoom: MAX_TILE_ZOOM,
  },
  {
    id: 'lights',
    title: 'City lights',
    follows: 'PMTiles file',
    about: 'One PMTiles file on a static host; no tile server.',
    boxed: false,
    kind: 'vector',
    maxZoom: 6,
  },
  {
    id: 'basemap',
    title: 'Countries',
    follows: 'preset base',
    about: 'Fresh for a day; a stale tile beats none.',
    boxed: false,
    kind: 'vector',
    maxZoom: MAX_TILE_ZOOM,
  },
  {
    id: 'political',
    title: 'Political map',
    follows: 'preset base',
    about: 'Pictures; fresh for a day, a stale tile beats none.',
    boxed: true,
    kind: 'raster',
    maxZoom: MAX_TILE_ZOOM,
  },
];

/** Returns the tile URL template of a layer. */
export function template({ id, kind }: MapLayer): string {
  return `${location.origin}/tiles/${id}/{z}/{x}/{y}.${kind === 'raster' ? 'png' : 'pbf'}`;
}

/** The layers that a region contains. It leaves out alerts, which are never shown once they are stale. */
export const KEPT = ['political', 'basemap', 'places'];

/** Returns these layers with their templates: on a first visit, the worker does not know yet which URLs the map requests. */
export const keptLayers = (): RegionLayer[] =>
  layers.filter(({ id }) => KEPT.includes(id)).map((layer) => ({ layer: layer.id, template: template(layer) }));
