import type OLMap from 'ol/Map.js';
import type UrlTile from 'ol/source/UrlTile.js';
import { tileKey, tileOfKey } from '../screen/tile-key';
import { TileCacheError } from '../shared/errors';
import { type Binding, type BindingOptions, layerName } from './binding';
import type { BindingClient } from './binding-client';
import { createBinding, type Heard, type MapPart } from './create-binding';
import { createExchange } from './openlayers-exchange';
import { createLoads } from './openlayers-loads';
import { createScreen, type OpenLayersScreen } from './openlayers-screen';
import { openlayersSupply } from './openlayers-supply';
import * as tiles from './openlayers-tiles';
import { turnsOf } from './swap-options';
import type { Turns } from './turns';
import { checkBinding, TILE_OPTIONS } from './check-binding';

/** Options of `bindLayer`. */
export interface LayerOptions extends BindingOptions {
  /** The source's URL template for a version, where the version is part of the URL. @default the source's own URLs */
  url?: (version: string) => string;
}

/**
 * Binds a tile layer of OpenLayers (a source with URLs: XYZ, OSM, TileWMS … or VectorTile) to the client. The binding swaps
 * changed tiles on the screen in place, one by one or all in one frame (`swap: 'view'`). An old tile stays until its new
 * image or features have loaded, and stays if that fails. The binding drops changed tiles beyond the screen. Needs OpenLayers
 * 10.1 or later. Throws `INVALID_OPTION`.
 */
export function bindLayer(layer: tiles.OLTileLayer, client: BindingClient, options: LayerOptions = {}): Binding {
  checkBinding(client, options, { ...TILE_OPTIONS, url: true } satisfies Record<keyof LayerOptions, true>);
  const source = layer.getSource?.() as UrlTile | null | undefined;
  if (!source || !('tileLoadFunction' in source))
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field: 'layer',
      message: 'layer has no source with tile URLs.',
      remedy: 'Set an XYZ or VectorTile source before binding the layer.',
    });
  const name = layerName(options.layer, source.getUrls()?.[0]);
  return createBinding(openlayersPart(layer, source, name, client, options, turnsOf(options)), client, options);
}

/** Follows a layer from map to map. Returns the function that stops. */
function followMap(layer: tiles.OLTileLayer, screen: OpenLayersScreen, moved: Heard['moved']): () => void {
  let watched: OLMap | undefined;
  const watch = (map: OLMap | undefined) => {
    watched?.un('moveend', moved);
    watched = map;
    watched?.on('moveend', moved);
  };
  const attach = () => {
    watch(screen.map() ?? undefined);
    moved();
  };
  layer.on('change:map' as 'change', attach);
  if (screen.map()) attach();
  return () => {
    layer.un('change:map' as 'change', attach);
    watch(undefined);
  };
}

function openlayersPart(
  layer: tiles.OLTileLayer,
  source: UrlTile,
  name: string,
  client: BindingClient,
  options: LayerOptions,
  turns: Turns,
): MapPart {
  const screen = createScreen(layer, source);
  const loads = createLoads(source, turns);
  const swapper = createExchange({ layer, source, screen, loads, turns });
  return {
    layer: name,
    swapper,
    turns,
    exchange(holds) {
      loads.distrust();
      const cache = tiles.tileCache(layer);
      const keys = new Set<string>();
      const places = screen.places();
      if (places.length === 0) tiles.dropAll(layer);
      for (const { cacheKey, tile, ids, visible } of places) {
        const old = tile.key !== source.getKey();
        const hit = ids.filter((id) => holds(id, screen.placeOf(id)));
        if (visible && !old) for (const id of hit) keys.add(tileKey(id));
        else if (!visible && (old || hit.length)) cache?.remove(cacheKey).dispose();
      }
      for (const key of keys) swapper.swap(key);
    },
    follow() {
      const version = client.version(name);
      if (version === undefined || !options.url) return false;
      tiles.setTemplate(source, options.url(version));
      return true;
    },
    screen() {
      const seen = screen.places().filter(({ visible, tile }) => visible && tile.key === source.getKey());
      return { missing: seen.flatMap(({ tile, ids }) => tiles.failedKeys(tile, ids)), busy: seen.some(tiles.isBusy) };
    },
    looksAt: screen.looksAt,
    listen({ look, moved }: Heard) {
      const detach = loads.attach();
      source.on('tileloaderror', look);
      const stop = followMap(layer, screen, moved);
      return () => {
        source.un('tileloaderror', look);
        stop();
        detach();
      };
    },
    tiles() {
      const shown = screen.places().filter(({ tile, visible }) => visible && tile.getState() === tiles.STATE.LOADED);
      return [...new Set(shown.flatMap(({ ids }) => ids.map(tileKey)))].map(tileOfKey);
    },
    cover: screen.cover,
    view: screen.view,
    supply: openlayersSupply(source, screen.map),
  };
}
