import { Map, NavigationControl, setWorkerUrl, type MapOptions } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { BBox } from '../../src/shared/tile';
import { layers } from './layers';
import { mapStyle, type Scheme, withSources } from './style';

setWorkerUrl(workerUrl);

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Returns the colour scheme of the visitor's system. */
export function scheme(): Scheme {
  return dark.matches ? 'dark' : 'light';
}

interface DemoMapOptions extends Partial<MapOptions> {
  /** The ids of the layers to draw. @default all */
  drawn?: readonly string[];
}

/** Creates the demo's map in the colours of the system. */
export function createMap(
  container: string,
  { drawn = layers.map(({ id }) => id), ...options }: DemoMapOptions = {},
): Map {
  const style = () => withSources(mapStyle(scheme()), drawn);
  const map = new Map({
    container,
    style: style(),
    center: [8, 47],
    zoom: 3.6,
    minZoom: 1,
    maxZoom: 10,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: {
      compact: true,
      customAttribution: `Natural Earth, GeoNames${drawn.includes('flood_zones') ? '; flood zones are made up' : ''}`,
    },
    // The binding swaps tiles when their version changes, so switch MapLibre's own timer off.
    refreshExpiredTiles: false,
    fadeDuration: 0,
    ...options,
  });
  map.touchZoomRotate.disableRotation();
  if (options.interactive !== false) map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
  dark.addEventListener('change', () => map.setStyle(style()));
  return map;
}

const wide = matchMedia('(min-width: 701px)');

/** Keeps the middle of the map beside the panel, or above it on a phone, also when the window's size changes. */
export function padForPanel(map: Map): void {
  // `setPadding` keeps the sides that are not named.
  const pad = () => map.setPadding(wide.matches ? { left: 388, bottom: 0 } : { left: 0, bottom: 124 });
  pad();
  wide.addEventListener('change', pad);
}

/** Returns a box in the middle of the visible map. `share` is its fraction of the map's width and height, 0 to 1. */
export function middleOf(map: Map, share: number): BBox {
  const { left = 0, right = 0, top = 0, bottom = 0 } = map.getPadding();
  const { clientWidth, clientHeight } = map.getCanvas();
  const at = (x: number, y: number) =>
    map.unproject([left + (clientWidth - left - right) * x, top + (clientHeight - top - bottom) * y]).wrap();
  const [near, far] = [(1 - share) / 2, (1 + share) / 2];
  const [southWest, northEast] = [at(near, far), at(far, near)];
  return [southWest.lng, southWest.lat, northEast.lng, northEast.lat];
}
