import type * as L from 'leaflet';
import type { TileCrs, TileId } from '../shared/tile';
import type { TileCover } from './binding';

/** A tile as Leaflet keeps it. */
export interface GridTile {
  el: HTMLElement;
  coords: L.Coords;
  /** When the tile loaded or failed. */
  loaded?: number | Date;
}

/** Private members of a grid in Leaflet 1.9 and 2. */
export interface Grid {
  _tiles?: Record<string, GridTile>;
  _tileZoom?: number;
  _map?: L.Map | null;
  _url?: string;
  getTileSize(): L.Point;
  _wrapCoords(coords: L.Coords): L.Coords;
  _getZoomForUrl(): number;
  _getTiledPixelBounds(center: L.LatLng): L.Bounds;
  _pxBoundsToTileRange(bounds: L.Bounds): L.Bounds;
  _isValidTile(coords: L.Coords): boolean;
  _removeTile(key: string): void;
  createTile(coords: L.Coords, done: L.DoneCallback): HTMLElement;
}

export const isLoaded = ({ el }: GridTile) => el.classList.contains('leaflet-tile-loaded');

/** Returns a tile in the form that Leaflet's functions expect: a point with its methods. */
export function coordsOf(grid: Grid, { z, x, y }: TileId): L.Coords {
  return Object.assign(grid.getTileSize().clone(), { z, x, y });
}

/** Returns the grid of a map's coordinate system, as a layer's `crs` option in the worker names it. */
export function gridOf(crs: L.CRS | undefined): TileCrs {
  if (crs?.code === 'EPSG:4326') return 'EPSG:4326';
  // `L.CRS.Simple` and systems derived from it have no code.
  return crs && crs.code === undefined ? 'simple' : 'EPSG:3857';
}

/** Returns the number of the origin's tile. */
export function tileIdIn(grid: Grid, coords: L.Coords): TileId {
  const { x, y } = grid._wrapCoords(coords);
  return { z: grid._getZoomForUrl(), x, y };
}

/**
 * Returns the tiles of the map's own zoom, by key. Tiles of other zooms are about to be removed, and Leaflet cannot
 * tell their URLs.
 */
export const tilesOf = (grid: Grid) =>
  Object.entries(grid._tiles ?? {}).filter(([, { coords }]) => coords.z === grid._tileZoom);

/** Returns true if a part of the tile lies within the map's element. */
export function isOnScreen({ el }: GridTile, map: L.Map): boolean {
  const [a, b] = [el.getBoundingClientRect(), map.getContainer().getBoundingClientRect()];
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Returns the tiles that the view needs of the grid, and the drawn ones. */
export function coverOf(grid: Grid, map: L.Map): TileCover {
  const z = grid._tileZoom;
  // The map's zoom is not one of the layer's.
  if (z === undefined) return { wanted: [], drawn: [] };
  const { min, max } = grid._pxBoundsToTileRange(grid._getTiledPixelBounds(map.getCenter()));
  const wanted: TileId[] = [];
  for (let { y } = min!; y <= max!.y; y++)
    for (let { x } = min!; x <= max!.x; x++)
      if (grid._isValidTile(coordsOf(grid, { z, x, y }))) wanted.push({ z, x, y });
  const drawn = Object.values(grid._tiles ?? {})
    .filter(isLoaded)
    .map(({ coords }) => coords);
  return { wanted, drawn, idOf: (tile) => tileIdIn(grid, tile as L.Coords) };
}
