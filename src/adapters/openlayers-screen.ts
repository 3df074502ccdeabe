import type OLMap from 'ol/Map.js';
import type Tile from 'ol/Tile.js';
import type TileGrid from 'ol/tilegrid/TileGrid.js';
import type UrlTile from 'ol/source/UrlTile.js';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';
import type { ViewportMessage } from '../shared/page-messages';
import { normalBBox, type TileCover, type TileView } from './binding';
import * as tiles from './openlayers-tiles';
import { coordinateOf, degrees, openlayersView, placeInGrid, shownBy, type Shown } from './openlayers-view';
import { uncut } from './origin-tiles';
import { placeInUrl } from './url-place';

/** A drawn tile and its place. */
export interface Place {
  cacheKey: string;
  tile: Tile;
  /** The source tiles whose bytes it shows. */
  ids: TileId[];
  visible: boolean;
}

/** The tiles of a layer on the screen. */
export interface OpenLayersScreen {
  map(): OLMap | null;
  /** Returns the tiles that OpenLayers holds for drawing. */
  places(): Place[];
  /** Returns the place of a tile. The URLs of TileWMS and WMTS contain it. */
  placeOf(tile: TileId): TilePlace | null;
  looksAt(): Pick<ViewportMessage, 'zoom' | 'bbox' | 'crs'> | undefined;
  cover(): TileCover | undefined;
  view(): TileView | undefined;
}

/** The numbers that describe a map's view. */
interface Frame extends Shown {
  map: OLMap;
  grid: TileGrid;
  zoom: number;
}

/** Returns the part of the view to which the layer's `extent` option limits it. */
function drawnExtent(layer: tiles.OLTileLayer, { map, extent }: Frame): number[] {
  const [own, view] = [layer.getExtent() as Shown['extent'] | undefined, map.getView()];
  if (!own) return extent;
  const size = map.getSize();
  // The layer's extent is in the user's projection: degrees after `useGeographic()`.
  const isUsers = view.calculateExtent(size).some((edge, i) => edge !== view.calculateExtentInternal(size)[i]);
  const corner = (x: number, y: number) => (isUsers ? coordinateOf(view.getProjection(), x, y) : undefined) ?? [x, y];
  const [west, south, east, north] = [...corner(own[0], own[1]), ...corner(own[2], own[3])] as Shown['extent'];
  return [Math.max(west, extent[0]), Math.max(south, extent[1]), Math.min(east, extent[2]), Math.min(north, extent[3])];
}

const idOf = (coord: readonly number[] | null): TileId[] =>
  coord ? [{ z: coord[0]!, x: coord[1]!, y: coord[2]! }] : [];

export function createScreen(layer: tiles.OLTileLayer, source: UrlTile): OpenLayersScreen {
  const getMap = () => layer.getMapInternal();
  const projectionOf = (map: OLMap) => map.getView().getProjection();

  function frame(): Frame | undefined {
    const map = getMap();
    const size = map?.getSize();
    const view = map?.getView();
    if (!map || !size || !view?.isDef()) return undefined;
    const grid = source.getTileGridForProjection(view.getProjection());
    const zoom = grid.getZForResolution(view.getResolution()!, source.zDirection);
    return { map, grid, zoom, ...shownBy(view, size) };
  }

  function idsOf(map: OLMap, tile: Tile): TileId[] {
    const coords = tiles.isVector(tile)
      ? tile.sourceTiles.map((part) => part.tileCoord)
      : [source.getTileCoordForTileUrlFunction(tile.tileCoord, projectionOf(map))];
    return coords.flatMap(idOf);
  }

  function cornersIn(map: OLMap, { z, x, y }: TileId): ReturnType<NonNullable<TileView['corners']>> {
    const grid = source.getTileGridForProjection(projectionOf(map));
    const [west, south, east, north] = grid.getTileCoordExtent([z, x, y]) as Shown['extent'];
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

  return {
    map: getMap,
    places() {
      const cache = tiles.tileCache(layer);
      const shown = frame();
      if (!shown || !cache) return [];
      const { map, grid, extent, zoom } = shown;
      const isVisible = layer.isVisible();
      const all = cache.getKeys().flatMap((cacheKey) => {
        const tile = cache.peek(cacheKey);
        if (!tile) return [];
        const [z, x, y] = tile.tileCoord as [number, number, number];
        const inView = isVisible && grid.getTileRangeForExtentAndZ(extent, z).containsXY(x, y);
        return [{ cacheKey, tile, ids: idsOf(map, tile), inView, current: z === zoom }];
      });
      // Tiles of other zooms stand in for missing ones of this zoom.
      const complete = all.every(
        ({ tile, inView, current }) => !inView || !current || tile.getState() === tiles.STATE.LOADED,
      );
      return all.map(({ inView, current, ...place }) => ({ ...place, visible: inView && (current || !complete) }));
    },
    placeOf(tile) {
      const map = getMap();
      if (!map) return tile;
      const projection = projectionOf(map);
      const coord = [tile.z, tile.x, tile.y];
      const place = placeInUrl(source.getTileUrlFunction()(coord, map.getPixelRatio(), projection) ?? undefined);
      if (place !== undefined) return place;
      return placeInGrid(source.getTileGridForProjection(projection), projection, tile);
    },
    looksAt() {
      const shown = frame();
      const projection = shown && projectionOf(shown.map);
      const box = projection && degrees(projection, shown.extent);
      const crs = projection?.getUnits() === 'degrees' && { crs: 'EPSG:4326' as const };
      return box && { zoom: shown.zoom, bbox: normalBBox(...box), ...crs };
    },
    view() {
      const map = getMap();
      const view = map && openlayersView(map);
      return view ? { ...view, corners: (tile) => cornersIn(map!, tile) } : undefined;
    },
    cover() {
      const shown = frame();
      if (!shown) return undefined;
      if (!layer.isVisible()) return { wanted: [], drawn: [] };
      const cache = tiles.tileCache(layer);
      // A WebGL layer does not tell what it draws.
      if (!cache && layer.hasRenderer()) return undefined;
      const { map, grid, ring, zoom: z } = shown;
      const turned = map.getView().getRotation() !== 0;
      const idsOf = ({ z: zoom, x, y }: TileId) =>
        idOf(source.getTileCoordForTileUrlFunction([zoom, x, y], projectionOf(map)));
      // OpenLayers requests no tiles in the corners of the box around a turned map.
      const needs = (x: number, y: number) =>
        (!turned || grid.tileCoordIntersectsViewport([z, x, y], ring)) && idsOf({ z, x, y }).length > 0;
      const range = grid.getTileRangeForExtentAndZ(drawnExtent(layer, shown), z);
      const { wanted, drawn } = tiles.coverOf(cache, z, range, needs);
      const maxzoom = source.getTileGrid()?.getMaxZoom() ?? z;
      return { ...uncut(wanted, drawn, { maxzoom }), idOf: (tile) => idsOf(tile)[0] ?? tile };
    },
  };
}
