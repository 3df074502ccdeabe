import type * as L from 'leaflet';
import { coordsOf, type Grid } from './leaflet-grid';
import { imageInit } from './load-image';
import { type MapRequest, type TileSupply, boxAround } from './supply';

/** The private members that Leaflet computes for each zoom. */
interface GridAtZoom extends Grid {
  options: L.TileLayerOptions;
  getTileUrl(coords: L.Coords): string;
  _clampZoom(zoom: number): number;
  _resetGrid(): void;
  /** The first column, and the one after the last. */
  _wrapX?: [number, number] | false;
}

/** The supply of a Leaflet layer. A copy of the layer, set to another zoom, computes its tiles and URLs. */
export function leafletSupply(layer: L.TileLayer, mapOf: () => L.Map | undefined): TileSupply {
  const grid = layer as unknown as GridAtZoom;
  const zoomed = (zoom: number): GridAtZoom => {
    const copy = Object.create(grid) as GridAtZoom;
    copy._tileZoom = zoom;
    copy._resetGrid();
    return copy;
  };
  const request = (url: string): MapRequest => ({ url, init: imageInit(url, imageOptions(grid.options)) });

  return {
    camera() {
      const map = mapOf();
      if (!map) return undefined;
      const { lng, lat } = map.getCenter();
      return { center: [lng, lat], zoom: map.getZoom() };
    },
    box({ center: [longitude, latitude], zoom }) {
      const map = mapOf();
      const { minZoom = -Infinity, maxZoom = Infinity } = grid.options;
      const rounded = Math.round(zoom);
      if (!map || rounded < minZoom || rounded > maxZoom) return undefined;
      const z = grid._clampZoom(rounded);
      const { x, y } = map.project([latitude, longitude], z);
      const tile = grid.getTileSize();
      const scale = map.getZoomScale(zoom, z);
      const size = map.getSize();
      const center = { x: x / tile.x, y: y / tile.y };
      return boxAround(z, center, { width: size.x, height: (size.y * tile.x) / tile.y }, tile.x * scale);
    },
    columns(z) {
      const wrap = mapOf() && zoomed(z)._wrapX;
      return wrap ? wrap[1] - wrap[0] : undefined;
    },
    request(tile) {
      if (!mapOf()) return undefined;
      const { z } = tile;
      const copy = zoomed(z);
      const coords = coordsOf(grid, tile);
      if (!copy._isValidTile(coords)) return undefined;
      return request(copy.getTileUrl(Object.assign(copy._wrapCoords(coords), { z })));
    },
  };
}

/** Returns the options with which the layer's image elements send their requests. */
export function imageOptions({ crossOrigin, referrerPolicy }: L.TileLayerOptions) {
  return {
    crossOrigin: typeof crossOrigin === 'string' ? crossOrigin : crossOrigin ? '' : null,
    ...(typeof referrerPolicy === 'string' && { referrerPolicy }),
  };
}
