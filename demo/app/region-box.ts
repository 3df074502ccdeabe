import type { FilterSpecification, GeoJSONSource, Map } from 'maplibre-gl';
import type { BBox } from '../../src/shared/tile';
import { middleOf } from './map';

type Feature = GeoJSON.Feature<GeoJSON.Polygon, { kind: 'chosen' | 'saved' }>;

/** The area to save, which is the middle of the view or a box that the user has drawn. */
export interface RegionBox {
  bounds(): BBox;
  /** Follows the view again. */
  useView(): void;
  /**
   * Lets the user draw the box with the next drag on the map. Resolves with true once it is drawn, and with false after
   * Escape.
   */
  draw(): Promise<boolean>;
  /** Shows these boxes as saved. */
  showSaved(boxes: readonly BBox[]): void;
}

const SHARE_OF_VIEW = 0.8;

/** Draws boxes over the map: the saved ones, and the selected one with a dashed edge. */
export function createRegionBox(map: Map): RegionBox {
  let drawn: BBox | undefined;
  let saved: readonly BBox[] = [];
  const bounds = () => drawn ?? middleOf(map, SHARE_OF_VIEW);

  const paint = () => {
    const source = map.getSource<GeoJSONSource>('boxes') ?? addSource(map);
    source?.setData({
      type: 'FeatureCollection',
      features: [...saved.map((box) => polygon(box, 'saved')), polygon(bounds(), 'chosen')],
    });
  };
  map.on('move', paint);
  // Add the boxes again after a change of the colour scheme: the new style does not contain them.
  map.on('styledata', () => map.getSource('boxes') || paint());
  paint();

  return {
    bounds,
    useView() {
      drawn = undefined;
      paint();
    },
    draw: () =>
      drag(map, (box) => {
        drawn = box;
        paint();
      }),
    showSaved(boxes) {
      saved = boxes;
      paint();
    },
  };
}

/** Follows one drag of a pointer over the map, which stays still during the drag. */
function drag(map: Map, show: (box: BBox) => void): Promise<boolean> {
  const area = map.getCanvasContainer();
  const stopped = new AbortController();
  const { signal } = stopped;
  const gestures = [map.dragPan, map.boxZoom, map.touchZoomRotate, map.doubleClickZoom];
  for (const gesture of gestures) gesture.disable();
  area.style.cursor = 'crosshair';
  let from: { x: number; y: number } | undefined;
  return new Promise<boolean>((resolve) => {
    const at = ({ clientX, clientY }: PointerEvent) => {
      const { left, top } = area.getBoundingClientRect();
      return { x: clientX - left, y: clientY - top };
    };
    const end = (done: boolean) => {
      stopped.abort();
      for (const gesture of gestures) gesture.enable();
      map.touchZoomRotate.disableRotation();
      area.style.cursor = '';
      resolve(done);
    };
    area.addEventListener('pointerdown', (event) => (from = at(event)), { signal });
    addEventListener(
      'pointermove',
      (event) => {
        if (from) show(boxBetween(map, from, at(event)));
      },
      { signal },
    );
    addEventListener('pointerup', () => from && end(true), { signal });
    addEventListener('pointercancel', () => from && end(true), { signal });
    addEventListener('keydown', ({ key }) => key === 'Escape' && end(false), { signal });
  });
}

function boxBetween(map: Map, a: { x: number; y: number }, b: { x: number; y: number }): BBox {
  const southWest = map.unproject([Math.min(a.x, b.x), Math.max(a.y, b.y)]).wrap();
  const northEast = map.unproject([Math.max(a.x, b.x), Math.min(a.y, b.y)]).wrap();
  return [southWest.lng, southWest.lat, northEast.lng, northEast.lat];
}

function addSource(map: Map): GeoJSONSource | undefined {
  try {
    map.addSource('boxes', { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
  } catch {
    // The style is still loading; `styledata` will follow.
    return undefined;
  }
  const saved: FilterSpecification = ['==', ['get', 'kind'], 'saved'];
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const colour = dark ? '#5cc4cf' : '#0b6471';
  map.addLayer({
    id: 'boxes-fill',
    type: 'fill',
    source: 'boxes',
    filter: saved,
    paint: { 'fill-color': colour, 'fill-opacity': 0.14 },
  });
  map.addLayer({
    id: 'boxes-saved',
    type: 'line',
    source: 'boxes',
    filter: saved,
    paint: { 'line-color': colour, 'line-width': 2.5 },
  });
  map.addLayer({
    id: 'boxes-chosen',
    type: 'line',
    source: 'boxes',
    filter: ['!=', ['get', 'kind'], 'saved'],
    paint: { 'line-color': dark ? '#e6edf0' : '#17242c', 'line-width': 2, 'line-dasharray': [2, 2] },
  });
  return map.getSource<GeoJSONSource>('boxes');
}

/** Returns a box as a ring that runs eastwards, also across the antimeridian. */
function polygon([west, south, east, north]: BBox, kind: 'chosen' | 'saved'): Feature {
  const right = east < west ? east + 360 : east;
  const ring = [
    [west, south],
    [right, south],
    [right, north],
    [west, north],
    [west, south],
  ];
  return { type: 'Feature', properties: { kind }, geometry: { type: 'Polygon', coordinates: [ring] } };
}
