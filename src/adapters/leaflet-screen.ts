import type * as L from 'leaflet';
import type { TileId } from '../shared/tile';
import { placeOf, type TilePlace } from '../shared/tile-place';
import { normalBBox } from './binding';
import type { MapPart } from './create-binding';
import {
  type Grid,
  type GridTile,
  coverOf,
  gridOf,
  isLoaded,
  isOnScreen,
  leafletView,
  tileIdIn,
  tilesOf,
} from './leaflet-grid';
import { placeInUrl } from './url-place';

/** The tiles of a layer on the screen of the map that has the layer. */
export interface LeafletScreen extends Pick<MapPart, 'tiles' | 'cover' | 'view' | 'screen' | 'looksAt'> {
  map(): L.Map | undefined;
  shows(tile: GridTile): boolean;
  urlOf(tile: GridTile): string;
  /** Returns the place of a tile; the URLs of a WMS contain it. */
  placeOf(tile: GridTile, id: TileId): TilePlace | null;
  /** Calls `moved` when the map has moved, and when the layer comes to a map or leaves it. Returns the function that stops this. */
  attach(moved: () => void): () => void;
}

export function createScreen(layer: L.TileLayer, grid: Grid): LeafletScreen {
  let map: L.Map | undefined;
  const shows = (tile: GridTile) => !!map && isOnScreen(tile, map);
  const urlOf = ({ coords }: GridTile) => layer.getTileUrl(Object.assign(grid._wrapCoords(coords), { z: coords.z }));
  const shown = () => tilesOf(grid).filter(([, tile]) => shows(tile));

  return {
    map: () => map,
    shows,
    urlOf,
    placeOf(tile, id) {
      const place = placeInUrl(urlOf(tile));
      return place === undefined ? placeOf(gridOf(map?.options.crs), id) : place;
    },
    screen() {
      const seen = shown().filter(([, { el }]) => el instanceof HTMLImageElement);
      return {
        missing: seen.flatMap(([key, tile]) => (tile.loaded && !isLoaded(tile) ? [key] : [])),
        busy: seen.some(([, { loaded }]) => !loaded),
      };
    },
    looksAt() {
      if (!map || grid._tileZoom === undefined) return undefined;
      const bounds = map.getBounds();
      const bbox = normalBBox(bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth());
      const crs = gridOf(map.options.crs);
      return { zoom: grid._getZoomForUrl(), bbox, ...(crs !== 'EPSG:3857' && { crs }) };
    },
    tiles: () => shown().map(([, { coords }]) => tileIdIn(grid, coords)),
    cover: () => map && coverOf(grid, map),
    view: () => map && leafletView(map),
    attach(moved) {
      const onAdd = () => {
        map = grid._map ?? undefined;
        map?.on('moveend', moved);
        if (map && grid._tileZoom !== undefined) moved();
      };
      const detach = () => {
        map?.off('moveend', moved);
        map = undefined;
      };
      const onRemove = () => {
        detach();
        moved();
      };
      layer.on('add', onAdd).on('remove', onRemove);
      onAdd();
      return () => {
        detach();
        layer.off('add', onAdd).off('remove', onRemove);
      };
    },
  };
}
