import type OLMap from 'ol/Map.js';
import type UrlTile from 'ol/source/UrlTile.js';
import { imageInit } from './load-image';
import { coordinateOf, degrees, shownBy } from './openlayers-view';
import { type TileSupply, boxAround } from './supply';

/** The supply of an OpenLayers source. It has none for a reprojected source, whose tiles are not the view's. */
export function openlayersSupply(source: UrlTile, getMap: () => OLMap | null): TileSupply {
  const at = () => {
    const map = getMap();
    const size = map?.getSize();
    const projection = map?.getView().getProjection();
    const own = source.getProjection();
    if (!map || !size || !projection || (own && own.getCode() !== projection.getCode())) return undefined;
    return { map, size, projection, grid: source.getTileGrid() ?? source.getTileGridForProjection(projection) };
  };
  return {
    camera() {
      const { map, projection } = at() ?? {};
      const [x, y] = map?.getView().getCenterInternal() ?? [];
      const zoom = map?.getView().getZoom();
      if (!projection || x === undefined || y === undefined || zoom === undefined) return undefined;
      const box = degrees(projection, [x, y, x, y]);
      return box && { center: [box[0], box[1]], zoom };
    },
    box({ center, zoom }) {
      const { map, size, projection, grid } = at() ?? {};
      const middle = projection && coordinateOf(projection, ...center);
      if (!map || !size || !grid || !middle) return undefined;
      const resolution = map.getView().getResolutionForZoom(zoom);
      const z = grid.getZForResolution(resolution, source.zDirection);
      const [left, top] = grid.getOrigin(z) as [number, number];
      const [tileWidth, tileHeight] = [grid.getTileSize(z)].flat().concat(grid.getTileSize(z)) as [number, number];
      const own = grid.getResolution(z);
      // With padding, the view's center is not the map's middle.
      const view = map.getView();
      const [off, now] = [shownBy(view, size).middle, view.getCenterInternal() as [number, number]];
      const scale = resolution / view.getResolution()!;
      const [x, y] = [0, 1].map((i) => middle[i]! + (off[i]! - now[i]!) * scale) as [number, number];
      const point = { x: (x - left) / (own * tileWidth), y: (top - y) / (own * tileHeight) };
      const pixels = { width: size[0]!, height: (size[1]! * tileWidth) / tileHeight };
      return boxAround(z, point, pixels, (tileWidth * own) / resolution, (map.getView().getRotation() * 180) / Math.PI);
    },
    columns(z) {
      const { projection, grid } = at() ?? {};
      if (!projection?.isGlobal() || !source.getWrapX()) return undefined;
      const [west, , east] = projection.getExtent() as [number, number, number];
      return Math.round((east - west) / (grid!.getResolution(z) * [grid!.getTileSize(z)].flat()[0]!));
    },
    request({ z, x, y }) {
      const { map, projection } = at() ?? {};
      const coord = projection && source.getTileCoordForTileUrlFunction([z, x, y], projection);
      const url = map && coord && source.getTileUrlFunction()(coord, map.getPixelRatio(), projection);
      if (!url) return undefined;
      const { crossOrigin } = source as { crossOrigin?: string | null };
      return { url, init: crossOrigin === undefined ? {} : imageInit(url, { crossOrigin }) };
    },
  };
}
