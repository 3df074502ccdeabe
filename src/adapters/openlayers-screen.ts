import type OLMap from 'ol/Map.js';
import type Tile from 'ol/Tile.js';
import type TileGrid from 'ol/tilegrid/TileGrid.js';
import type UrlTile from 'ol/source/UrlTile.js';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';
import type { ViewportMessage } from '../shared/page-messages';
import { normalBBox, type TileCover } from './binding';
import * as tiles from './openlayers-tiles';
import { degrees, placeInGrid } from './openlayers-view';
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
  looksAt(): Pick<ViewportMessage, 'zoom' | 'bbox'> | undefined;
  cover(): TileCover | undefined;
}

/** The numbers that describe a map's view. */
interface Frame {
  map: OLMap;
  grid: TileGrid;
  extent: number[];
  zoom: number;
}

export function createScreen(layer: tiles.OLTileLayer, source: UrlTile): OpenLayersScreen {
  const getMap = () => layer.getMapInternal();
  const projectionOf = (map: OLMap) => map.getView().getProjection();

  function frame(): Frame | undefined {
    const map = getMap();
    const resolution = map?.getView().getResolution();
    if (!map || resolution === undefined) return undefined;
    const grid = source.getTileGridForProjection(projectionOf(map));
    const zoom = grid.getZForResolution(resolution, source.zDirection);
    return { map, grid, extent: map.getView().calculateExtent(map.getSize()), zoom };
  }

  function idsOf(map: OLMap, tile: Tile): TileId[] {
    const coords = tiles.isVector(tile)
      ? tile.sourceTiles.map((part) => part.tileCoord)
      : [source.getTileCoordForTileUrlFunction(tile.tileCoord, projectionOf(map))];
    return coords.flatMap((coord) => (coord ? [{ z: coord[0]!, x: coord[1]!, y: coord[2]! }] : []));
  }

  return {
    map: getMap,
    places() {
      const cache = tiles.tileCache(layer);
      const shown = frame();
      if (!shown || !cache) return [];
      const { map, grid, extent, zoom } = shown;
      const all = cache.getKeys().flatMap((cacheKey) => {
        const tile = cache.peek(cacheKey);
        if (!tile) return [];
        const [z, x, y] = tile.tileCoord as [number, number, number];
        const inView = grid.getTileRangeForExtentAndZ(extent, z).containsXY(x, y);
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
      const box = shown && degrees(projectionOf(shown.map), shown.extent);
      return box && { zoom: shown.zoom, bbox: normalBBox(...box) };
    },
    cover() {
      const shown = frame();
      if (!shown) return undefined;
      const { map, grid, extent, zoom: z } = shown;
      const needs = (x: number, y: number) => !!source.getTileCoordForTileUrlFunction([z, x, y], projectionOf(map));
      return tiles.coverOf(tiles.tileCache(layer), z, grid.getTileRangeForExtentAndZ(extent, z), needs);
    },
  };
}
