import type OLMap from 'ol/Map.js';
import type Tile from 'ol/Tile.js';
import type TileGrid from 'ol/tilegrid/TileGrid.js';
import type UrlTile from 'ol/source/UrlTile.js';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';
import type { ViewportMessage } from '../shared/page-messages';
import { normalBBox, type TileCover, type TileView } from './binding';
import * as tiles from './openlayers-tiles';
import { coordinateOf, cornersIn, degrees, openlayersView, placeInGrid, shownBy, type Shown } from './openlayers-view';
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

const projectionOf = (map: OLMap) => map.getView().getProjection();

function frameOf(map: OLMap | null, source: UrlTile): Frame | undefined {
  const size = map?.getSize();
  const view = map?.getView();
  if (!map || !size || !view?.isDef()) return undefined;
  const grid = source.getTileGridForProjection(view.getProjection());
  const zoom = grid.getZForResolution(view.getResolution()!, source.zDirection);
  return { map, grid, zoom, ...shownBy(view, size) };
}

const idOf = (coord: readonly number[] | null): TileId[] =>
  coord ? [{ z: coord[0]!, x: coord[1]!, y: coord[2]! }] : [];

/** Returns the number by which the source requests the tile at a place of the grid, if it has one. */
const idsAt = (source: UrlTile, map: OLMap, coord: number[]) =>
  idOf(source.getTileCoordForTileUrlFunction(coord, projectionOf(map)));

/** Returns the tiles that a cache holds for drawing. */
function placesIn(cache: tiles.TileCache, layer: tiles.OLTileLayer, source: UrlTile, frame: Frame): Place[] {
  const { map, grid, extent, zoom } = frame;
  const isVisible = layer.isVisible();
  const all = cache.getKeys().flatMap((cacheKey) => {
    const tile = cache.peek(cacheKey);
    if (!tile) return [];
    const [z, x, y] = tile.tileCoord as [number, number, number];
    const inView = isVisible && grid.getTileRangeForExtentAndZ(extent, z).containsXY(x, y);
    const ids = tiles.isVector(tile)
      ? tile.sourceTiles.flatMap((part) => idOf(part.tileCoord))
      : idsAt(source, map, tile.tileCoord);
    return [{ cacheKey, tile, ids, inView, current: z === zoom }];
  });
  // Tiles of other zooms stand in for missing ones of this zoom.
  const complete = all.every(
    ({ tile, inView, current }) => !inView || !current || tile.getState() === tiles.STATE.LOADED,
  );
  return all.map(({ inView, current, ...place }) => ({ ...place, visible: inView && (current || !complete) }));
}

function coverIn(layer: tiles.OLTileLayer, source: UrlTile, frame: Frame): TileCover | undefined {
  if (!layer.isVisible()) return { wanted: [], drawn: [] };
  const cache = tiles.tileCache(layer);
  // A WebGL layer does not tell what it draws.
  if (!cache && layer.hasRenderer()) return undefined;
  const { map, grid, ring, zoom } = frame;
  const turned = map.getView().getRotation() !== 0;
  // OpenLayers requests no tiles in the corners of the box around a turned map.
  const needs = (x: number, y: number) =>
    (!turned || grid.tileCoordIntersectsViewport([zoom, x, y], ring)) && idsAt(source, map, [zoom, x, y]).length > 0;
  const range = grid.getTileRangeForExtentAndZ(drawnExtent(layer, frame), zoom);
  const { wanted, drawn } = tiles.coverOf(cache, zoom, range, needs);
  const maxzoom = source.getTileGrid()?.getMaxZoom() ?? zoom;
  return {
    ...uncut(wanted, drawn, { maxzoom }),
    idOf: (tile) => idsAt(source, map, [tile.z, tile.x, tile.y])[0] ?? tile,
  };
}

export function createScreen(layer: tiles.OLTileLayer, source: UrlTile): OpenLayersScreen {
  const getMap = () => layer.getMapInternal();
  const frame = () => frameOf(getMap(), source);

  return {
    map: getMap,
    places() {
      const cache = tiles.tileCache(layer);
      const shown = frame();
      return shown && cache ? placesIn(cache, layer, source, shown) : [];
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
      if (!view) return undefined;
      return { ...view, corners: (tile) => cornersIn(map, source.getTileGridForProjection(projectionOf(map)), tile) };
    },
    cover() {
      const shown = frame();
      return shown && coverIn(layer, source, shown);
    },
  };
}
