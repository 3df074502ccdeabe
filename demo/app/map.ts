import { Map, NavigationControl, setWorkerUrl, type MapOptions } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { BBox } from '../../src/shared/tile';
import { layers } from './layers';
import { mapStyle, type Scheme, withSources } from './style';

setWorkerUrl(workerUrl);

const dark = matchMedia('(prefers-color-scheme: dark)');

/** The colours that the visitor's system asks for. */
export function scheme(): Scheme {
  return dark.matches ? 'dark' : 'light';
}

interface DemoMapOptions extends Partial<MapOptions> {
  /** Layers of the origin that are drawn. @default all */
  drawn?: readonly string[];
}

/** The demo's map, in the colours of the system. */
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
    // Tiles are exchanged when their version changes, not by MapLibre's own timer.
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

/** Keeps the map's middle beside the panel, or above the sheet that it is on a phone, also when the window changes. */
export function padForPanel(map: Map): void {
  // What is not named stays as it was.
  const pad = () => map.setPadding(wide.matches ? { left: 388, bottom: 0 } : { left: 0, bottom: 124 });
  pad();
  wide.addEventListener('change', pad);
}

/** The middle of what the map shows beside the panel: a box of that share of its width and height, 0 to 1. */
export function middleOf(map: Map, share: number): BBox {
  const { left = 0, right = 0, top = 0, bottom = 0 } = map.getPadding();
  const { clientWidth, clientHeight } = map.getCanvas();
  const at = (x: number, y: number) =>
    map.unproject([left + (clientWidth - left - right) * x, top + (clientHeight - top - bottom) * y]).wrap();
  const [near, far] = [(1 - share) / 2, (1 + share) / 2];
  const [southWest, northEast] = [at(near, far), at(far, near)];
  return [southWest.lng, southWest.lat, northEast.lng, northEast.lat];
}
