import type * as L from 'leaflet';
import type { BindingClient } from './binding-client';
import { type Binding, type BindingOptions, layerName } from './binding';
import { createBinding, type Heard, type MapPart } from './create-binding';
import { createExchange } from './leaflet-exchange';
import { type Grid, tileIdIn, tilesOf } from './leaflet-grid';
import { divertImages } from './leaflet-images';
import { createScreen } from './leaflet-screen';
import { leafletSupply } from './leaflet-supply';
import { turnsOf } from './swap-options';
import type { Turns } from './turns';
import { checkBinding, TILE_OPTIONS } from './check-binding';

/** Options of `bindTileLayer`. */
export interface LeafletOptions extends BindingOptions {
  /** The template variable that the binding sets to the layer's version: `{version}`. @default 'version' */
  versionOption?: string;
}

/**
 * Binds a Leaflet tile layer to the client. The binding swaps changed tiles on the screen one by one, or all in one frame
 * (`swap: 'view'`). An old tile stays until the browser has decoded the new image, and stays if that fails. Throws
 * `INVALID_OPTION` for wrong options, or if neither the options nor the URL name the layer.
 */
export function bindTileLayer(layer: L.TileLayer, client: BindingClient, options: LeafletOptions = {}): Binding {
  checkBinding(client, options, { ...TILE_OPTIONS, versionOption: true } satisfies Record<keyof LeafletOptions, true>);
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
  const screen = createScreen(layer, grid);
  const swapper = createExchange(grid, screen, images, turns);
  const parameters = layer.options as L.TileLayerOptions & Record<string, unknown>;

  return {
    ...screen,
    layer: name,
    swapper,
    turns,
    exchange(holds) {
      images.distrust();
      // While the map's element is hidden, no tile counts as on the screen. Exchange all tiles then: if they were
      // removed, Leaflet would not request them when the element appears.
      const all = !screen.map()?.getContainer().getClientRects().length;
      for (const [key, tile] of tilesOf(grid)) {
        const id = tileIdIn(grid, tile.coords);
        if (!holds(id, screen.placeOf(tile, id))) continue;
        if (all || screen.shows(tile)) swapper.swap(key);
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
    listen({ look, moved }: Heard) {
      const onUnload = ({ tile, coords }: L.TileEvent) => {
        images.drop(tile);
        swapper.drop(`${coords.x}:${coords.y}:${coords.z}`);
      };
      layer.on('tileunload', onUnload).on('tileerror', look);
      const detach = screen.attach(moved);
      return () => {
        detach();
        layer.off('tileunload', onUnload).off('tileerror', look);
        images.release();
      };
    },
    supply: leafletSupply(layer, screen.map),
  };
}
