import type { Map as MapLibreMap, MapSourceDataEvent } from 'maplibre-gl';
import { TileCacheError } from '../shared/errors';
import type { BindingClient } from './binding-client';
import { type Binding, type BindingOptions, type TileView, normalBBox } from './binding';
import { createBinding, type Heard, type MapPart } from './create-binding';
import { tileOfKey } from '../screen/tile-key';
import { coverOfSource } from './maplibre-cover';
import { createExchange } from './maplibre-exchange';
import { maplibreSupply } from './maplibre-supply';
import { createClimb, dropHidden, isRemoved, originsInView, sizing, sourceOf } from './maplibre-tiles';
import { turnsOf } from './swap-options';
import type { Turns } from './turns';
import { checkBinding, TILE_OPTIONS } from './check-binding';

/** Options of `bindSource`. */
export interface SourceOptions extends BindingOptions {
  /** The source's tile URLs for a version, where the version is part of the path. @default the source's own URLs */
  tiles?: (version: string) => string[];
}

/**
 * Binds a source of tiles (raster, vector, raster-dem) of a MapLibre map to the client. The binding first fetches each
 * changed tile on the screen into the cache, and then refreshes it, because MapLibre removes a tile if its refresh fails. It
 * shows the new tiles one by one, or all in one frame (`swap: 'view'`), and drops changed tiles beyond the screen. You may
 * add the source to the map later, or remove and add it again. Needs MapLibre GL JS 5.5 or later. Throws `INVALID_OPTION`.
 */
export function bindSource(
  map: MapLibreMap,
  sourceId: string,
  client: BindingClient,
  options: SourceOptions = {},
): Binding {
  checkBinding(client, options, { ...TILE_OPTIONS, tiles: true } satisfies Record<keyof SourceOptions, true>);
  if (typeof map.refreshTiles !== 'function')
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field: 'map',
      message: 'map has no refreshTiles().',
      remedy: 'Use MapLibre GL JS 5.5 or later.',
    });
  return createBinding(maplibrePart(map, sourceId, client, options, turnsOf(options)), client, options);
}

function maplibrePart(
  map: MapLibreMap,
  sourceId: string,
  client: BindingClient,
  options: SourceOptions,
  turns: Turns,
): MapPart {
  const layer = options.layer ?? sourceId;
  const source = () => sourceOf(map, sourceId);
  const inView = () => originsInView(map, sourceId);
  /** Returns the keys of the origin's tiles of which a tile in view is in one of these states. */
  const inState = (...states: string[]) =>
    [...inView()].flatMap(([key, tiles]) => (tiles.some(({ state }) => states.includes(state)) ? [key] : []));
  const { swapper, prepare, release } = createExchange(map, sourceId, source, turns);

  /** Puts the version in force into the source's URLs. Returns true if that changed them. */
  const follow = () => {
    const version = client.version(layer);
    const from = source();
    if (version === undefined || !options.tiles || !from) return false;
    // Do not call `setTiles()`: it requests all tiles at once, and removes those that fail.
    from.tiles = options.tiles(version);
    return true;
  };
  const climb = createClimb(map);

  return {
    layer,
    swapper,
    turns,
    follow,
    exchange(holds) {
      const from = source();
      if (!from) return;
      prepare(from);
      dropHidden(map, sourceId, (tile) => holds(tile));
      for (const key of inView().keys()) if (holds(tileOfKey(key))) swapper.swap(key);
    },
    screen() {
      const missing = inState('errored');
      climb(missing);
      return { missing, busy: inState('loading').length > 0 };
    },
    looksAt() {
      const from = source();
      if (!from) return undefined;
      const bounds = map.getBounds();
      const zoom = Math.floor(map.getZoom() + Math.log2(512 / sizing(map, sourceId, from).tileSize));
      return {
        zoom: Math.max(from.minzoom, Math.min(from.maxzoom, zoom)),
        bbox: normalBBox(bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()),
      };
    },
    listen({ look, moved, unbind }: Heard) {
      const onSource = (event: MapSourceDataEvent) => {
        if (event.sourceId !== sourceId) return;
        if (event.sourceDataType !== 'metadata') return look();
        follow();
        // The source may arrive after the binding, and the map may never move again.
        moved();
      };
      map.on('moveend', moved);
      map.on('sourcedata', onSource);
      map.on('idle', look);
      map.on('remove', unbind);
      if (source()) moved();
      return () => {
        map.off('moveend', moved).off('sourcedata', onSource).off('idle', look).off('remove', unbind);
        release();
      };
    },
    tiles: () => inState('loaded', 'reloading', 'expired').map(tileOfKey),
    cover: () => coverOfSource(map, sourceId),
    view: () => (isRemoved(map) ? undefined : maplibreView(map)),
    supply: maplibreSupply(map, sourceId),
  };
}

function maplibreView(map: MapLibreMap): TileView {
  return {
    container: map.getContainer(),
    mount(element) {
      // Stay below controls and popups, which follow the map's canvas in the container.
      element.style.zIndex = '0';
      map.getCanvasContainer().after(element);
    },
    project: (longitude, latitude) => map.project([longitude, latitude]),
    onMove(listener) {
      // Include `idle`: tiles arrive after a movement, without a further move event.
      const events = ['move', 'resize', 'idle'] as const;
      for (const event of events) map.on(event, listener);
      return () => {
        for (const event of events) map.off(event, listener);
      };
    },
  };
}
