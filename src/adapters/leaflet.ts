import type * as L from 'leaflet';
import type { TileId } from '../shared/tile';
import { placeOf, type TilePlace } from '../shared/tile-place';
import type { BindingClient } from './binding-client';
import { type Binding, type BindingOptions, layerName, normalBBox } from './binding';
import { createBinding, type Heard, type MapPart } from './create-binding';
import {
  coverOf,
  type Grid,
  type GridTile,
  gridOf,
  isLoaded,
  isOnScreen,
  leafletView,
  tileIdIn,
  tilesOf,
} from './leaflet-grid';
import { divertImages } from './leaflet-images';
import { leafletSupply } from './leaflet-supply';
import { turnsOf } from './swap-options';
import { createSwapper } from './swapper';
import type { Turns } from './turns';
import { placeInUrl } from './url-place';

/** Options of `bindTileLayer`. */
export interface LeafletOptions extends BindingOptions {
  /** The placeholder of the URL template that the binding sets to the layer's version: `{version}`. @default 'version' */
  versionOption?: string;
}

/**
 * Binds a Leaflet tile layer to the client. The binding swaps changed tiles on the screen one by one, or all in one frame
 * (`swap: 'view'`). An old tile stays until the browser has decoded the new image, and stays if that fails. Throws
 * `INVALID_OPTION` for wrong options, or if the URL does not say the layer's name.
 */
export function bindTileLayer(layer: L.TileLayer, client: BindingClient, options: LeafletOptions = {}): Binding {
  const grid = layer as unknown as Grid;
  const name = layerName(options.layer, grid._url);
  const turns = turnsOf(options);
  const part = leafletPart(layer, grid, name, client, options.versionOption ?? 'version', turns);
  return createBinding(part, client, options);
}

function leafletPart(
  layer: L.TileLayer,
  grid: Grid,
  name: string,
  client: BindingClient,
  versionOption: string,
  turns: Turns,
): MapPart {
  const images = divertImages(layer, turns);
  const parameters = layer.options as L.TileLayerOptions & Record<string, unknown>;
  let map: L.Map | undefined;
  const onScreen = (tile: GridTile) => !!map && isOnScreen(tile, map);
  /** Returns the place of a tile; the URLs of a WMS contain it. */
  const placeIn = (id: TileId, url: string): TilePlace | null => {
    const place = placeInUrl(url);
    return place === undefined ? placeOf(gridOf(map?.options.crs), id) : place;
  };
  const urlOf = ({ coords }: GridTile) => layer.getTileUrl(Object.assign(grid._wrapCoords(coords), { z: coords.z }));

  const swapper = createSwapper(async (key, signal, turn) => {
    const tile = grid._tiles?.[key];
    if (!tile || !map || !(tile.el instanceof HTMLImageElement)) return;
    const loaded = await images.load(urlOf(tile), signal, (headers) => turns.refuses(key, headers));
    const { el } = tile;
    let shown = false;
    const show = () => {
      if (signal.aborted || grid._tiles?.[key] !== tile) return;
      shown = true;
      images.exchange(el, loaded);
    };
    if (!signal.aborted) await turn(show);
    if (!shown) return void loaded?.release();
    return loaded ? undefined : 'gone';
  }, turns);

  return {
    layer: name,
    swapper,
    turns,
    exchange(holds) {
      images.distrust();
      // While the map's element is hidden, no tile counts as on the screen. Exchange all tiles then: if they were
      // removed, Leaflet would not request them when the element appears.
      const unseen = !map?.getContainer().getClientRects().length;
      for (const [key, tile] of tilesOf(grid)) {
        const id = tileIdIn(grid, tile.coords);
        if (!holds(id, placeIn(id, urlOf(tile)))) continue;
        if (unseen || onScreen(tile)) swapper.swap(key);
        else grid._removeTile(key);
      }
    },
    follow() {
      const version = client.version(name);
      if (version === undefined || parameters[versionOption] === version || !grid._url?.includes(`{${versionOption}}`))
        return false;
      parameters[versionOption] = version;
      return true;
    },
    screen() {
      const seen = tilesOf(grid).filter(([, tile]) => tile.el instanceof HTMLImageElement && onScreen(tile));
      return {
        missing: seen.flatMap(([key, tile]) => (tile.loaded && !isLoaded(tile) ? [key] : [])),
        busy: seen.some(([, { loaded }]) => !loaded),
      };
    },
    looksAt() {
      if (!map || grid._tileZoom === undefined) return undefined;
      const bounds = map.getBounds();
      const bbox = normalBBox(bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth());
      return { zoom: grid._getZoomForUrl(), bbox };
    },
    listen({ look, moved }: Heard) {
      const onUnload = ({ tile, coords }: L.TileEvent) => {
        images.drop(tile);
        swapper.drop(`${coords.x}:${coords.y}:${coords.z}`);
      };
      const onAdd = () => {
        map = grid._map ?? undefined;
        map?.on('moveend', moved);
        if (map && grid._tileZoom !== undefined) moved();
      };
      const onRemove = () => {
        map?.off('moveend', moved);
        map = undefined;
      };
      const onGone = () => {
        onRemove();
        moved();
      };
      layer.on('tileunload', onUnload).on('tileerror', look).on('add', onAdd).on('remove', onGone);
      onAdd();
      return () => {
        onRemove();
        layer.off('tileunload', onUnload).off('tileerror', look).off('add', onAdd).off('remove', onGone);
        images.release();
      };
    },
    tiles: () => tilesOf(grid).flatMap(([, tile]) => (onScreen(tile) ? [tileIdIn(grid, tile.coords)] : [])),
    cover: () => map && coverOf(grid, map),
    view: () => map && leafletView(map),
    supply: leafletSupply(layer, () => map),
  };
}
