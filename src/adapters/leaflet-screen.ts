import type * as L from 'leaflet';
import { tileKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';
import { placeOf, type TilePlace } from '../shared/tile-place';
import { normalBBox } from './binding';
import type { MapPart } from './create-binding';
import { type Grid, type GridTile, coverOf, gridOf, isLoaded, isOnScreen, tileIdIn, tilesOf } from './leaflet-grid';
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

/** `zoomanim`: an animated zoom has begun, which needs its tiles at once; `zoom` follows at its end. */
const MOVES = 'move zoom zoomanim viewreset resize zoomend';

export function createScreen(layer: L.TileLayer, grid: Grid): LeafletScreen {
  let map: L.Map | undefined;
  const shows = (tile: GridTile) => !!map && isOnScreen(tile, map);
  const urlOf = ({ coords }: GridTile) => layer.getTileUrl(Object.assign(grid._wrapCoords(coords), { z: coords.z }));
  const idOf = ({ coords }: GridTile) => tileIdIn(grid, coords);
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
    tiles: () => shown().map(([, tile]) => idOf(tile)),
    cover: () => map && coverOf(grid, map),
    view() {
      if (!map) return undefined;
      const own = map;
      const container = own.getContainer();
      return {
        container,
        project: (longitude, latitude) => own.latLngToContainerPoint([latitude, longitude]),
        onMove(listener) {
          own.on(MOVES, listener);
          return () => void own.off(MOVES, listener);
        },
        corners(id) {
          const tile = shown().find(([, one]) => tileKey(idOf(one)) === tileKey(id));
          if (!tile) return undefined;
          const { left, top, right, bottom } = tile[1].el.getBoundingClientRect();
          const from = container.getBoundingClientRect();
          const at = (x: number, y: number) => ({ x: x - from.left, y: y - from.top });
          return [at(left, top), at(right, top), at(right, bottom), at(left, bottom)];
        },
      };
    },
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
