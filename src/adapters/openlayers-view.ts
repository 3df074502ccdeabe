import type OLMap from 'ol/Map.js';
import type View from 'ol/View.js';
import type Projection from 'ol/proj/Projection.js';
import type TileGrid from 'ol/tilegrid/TileGrid.js';
import { areaOfBox } from '../shared/mercator-box';
import type { TileId } from '../shared/tile';
import { type TileArea, type TilePlace, placeOf, tileOf } from '../shared/tile-place';
import { MAX_LATITUDE, worldX, worldY } from '../shared/tile-math';
import type { TileView } from './binding';

/** Half of the world's width in Web Mercator, in metres. */
const HALF = Math.PI * 6378137;

const isMercator = (projection: Projection) =>
  ['EPSG:3857', 'EPSG:900913', 'EPSG:102100'].includes(projection.getCode());

/** Returns an extent in degrees, or `undefined` for a projection that is neither Web Mercator nor degrees. */
export function degrees(
  projection: Projection,
  extent: readonly number[],
): [number, number, number, number] | undefined {
  const [west, south, east, north] = extent as [number, number, number, number];
  if (projection.getUnits() === 'degrees') return [west, south, east, north];
  if (!isMercator(projection)) return undefined;
  const longitude = (x: number) => (x / HALF) * 180;
  const latitude = (y: number) => (Math.atan(Math.sinh((y / HALF) * Math.PI)) * 180) / Math.PI;
  return [longitude(west), latitude(south), longitude(east), latitude(north)];
}

/**
 * Returns the projection's coordinate of a point, or `undefined` for a projection that is neither Web Mercator nor
 * degrees.
 */
export function coordinateOf(
  projection: Projection,
  longitude: number,
  latitude: number,
): [x: number, y: number] | undefined {
  if (projection.getUnits() === 'degrees') return [longitude, latitude];
  if (!isMercator(projection)) return undefined;
  const clamped = Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, latitude));
  return [(worldX(longitude) * 2 - 1) * HALF, (1 - worldY(clamped) * 2) * HALF];
}

/**
 * Returns the place of an extent that is `pixels` wide, or `undefined` for a projection that is neither Web Mercator
 * nor degrees.
 */
export function areaOf(projection: Projection, extent: readonly number[], pixels: number): TileArea | undefined {
  const crs = isMercator(projection) ? 'EPSG:3857' : projection.getUnits() === 'degrees' ? 'EPSG:4326' : undefined;
  return crs && areaOfBox(crs, extent as [number, number, number, number], pixels);
}

/**
 * Returns the place of a tile in the view's projection, however its grid numbers the tiles. In an unknown projection,
 * returns the place that the numbers give.
 */
export function placeInGrid(grid: TileGrid, projection: Projection, id: TileId): TilePlace {
  const pixels = [grid.getTileSize(id.z)].flat()[0]!;
  const area = areaOf(projection, grid.getTileCoordExtent([id.z, id.x, id.y]), pixels);
  const tile = area && tileOf(area);
  return tile ? placeOf(area.crs, tile) : (area ?? id);
}

/** Returns where the corners of a grid's tile are on the map, clockwise from the north-west, if the map can tell. */
export function cornersIn(
  map: OLMap,
  grid: TileGrid,
  { z, x, y }: TileId,
): Array<{ x: number; y: number }> | undefined {
  const [west, south, east, north] = grid.getTileCoordExtent([z, x, y]) as [number, number, number, number];
  const corners = [
    [west, north],
    [east, north],
    [east, south],
    [west, south],
  ].flatMap((corner) => {
    const pixel = map.getPixelFromCoordinateInternal(corner) as [number, number] | null;
    return pixel ? [{ x: pixel[0], y: pixel[1] }] : [];
  });
  return corners.length === 4 ? corners : undefined;
}

/** The part of the world that a map of a size shows: the corners, around the middle, and the box around them. */
export interface Shown {
  /** The map's middle, in the view's projection. */
  middle: [x: number, y: number];
  /** The corners as a closed ring of x and y, as OpenLayers' grids expect it. */
  ring: number[];
  extent: [west: number, south: number, east: number, north: number];
}

/**
 * Returns what OpenLayers draws. The view's own `calculateExtent()` leaves out its padding, and answers in the user's
 * projection (`useGeographic()`).
 */
export function shownBy(view: View, [width, height]: readonly number[]): Shown {
  const { center, resolution, rotation } = view.getState();
  const [x, y] = center as [number, number];
  const [cos, sin] = [Math.cos(rotation) * resolution, Math.sin(rotation) * resolution];
  const [dx, dy] = [width! / 2, height! / 2];
  const ring = [-1, -1, -1, 1, 1, 1, 1, -1, -1, -1].map((side, i, sides) =>
    i % 2 ? y + sides[i - 1]! * dx * sin + side * dy * cos : x + side * dx * cos - sides[i + 1]! * dy * sin,
  );
  const [xs, ys] = [0, 1].map((part) => ring.filter((_, i) => i % 2 === part)) as [number[], number[]];
  const extent: Shown['extent'] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  return { middle: [x, y], ring, extent };
}

/** The members of an OpenLayers map that an overlay needs. */
export function openlayersView(map: OLMap): TileView | undefined {
  const container = map.getTargetElement();
  if (!container) return undefined;
  return {
    container,
    mount(element) {
      // Stay below controls and popups, which follow the layers' element in the viewport.
      element.style.zIndex = '0';
      map.getOverlayContainer()?.before(element);
    },
    project(longitude, latitude) {
      const coordinate = coordinateOf(map.getView().getProjection(), longitude, latitude);
      // `getPixelFromCoordinate()` expects a coordinate of the user's projection.
      const pixel = coordinate && (map.getPixelFromCoordinateInternal(coordinate) as [number, number] | null);
      return pixel ? { x: pixel[0], y: pixel[1] } : undefined;
    },
    onMove(listener) {
      map.on('postrender', listener);
      return () => map.un('postrender', listener);
    },
  };
}
