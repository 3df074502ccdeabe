import type {
  Map as MapLibreMap,
  MapSourceDataEvent,
  RasterDEMTileSource,
  RasterTileSource,
  VectorTileSource,
} from 'maplibre-gl';
import { TileCacheError } from '../shared/errors';
import type { BindingClient } from './binding-client';
import { type Binding, type BindingOptions, type TileView, normalBBox } from './binding';
import { createBinding, type Heard, type MapPart } from './create-binding';
import { FailedTile } from './failed-tile';
import { tileKey, tileOfKey } from '../screen/tile-key';
import { OutdatedTile, isGone } from './load-image';
import {
  type TileLike,
  coverOfSource,
  createClimb,
  dropHidden,
  isRemoved,
  sizing,
  tileRequest,
  tilesInView,
} from './maplibre-tiles';
import { type LoadGate, type LoadingSource, gateLoads } from './maplibre-loads';
import { maplibreSupply } from './maplibre-supply';
import { turnsOf } from './swap-options';
import { createSwapper } from './swapper';
import { type Turn, type Turns, tileByTile } from './turns';

/** Options of `bindSource`. */
export interface SourceOptions extends BindingOptions {
  /** The source's tile URLs for a version, where the version is part of the path. @default the source's own URLs */
  tiles?: (version: string) => string[];
}

type TileSource = (RasterTileSource | RasterDEMTileSource | VectorTileSource) & { url?: string };

const HAS_DATA = ['loaded', 'reloading', 'expired'];

/**
 * Binds a source of tiles (raster, vector, raster-dem) of a MapLibre map to the cache. Each changed tile on the screen is first brought into
 * the cache and then refreshed, for MapLibre takes a tile down whose refresh fails: one by one, or all shown in one frame
 * (`swap: 'view'`). Hidden changed tiles are dropped. The source may be added later, and may be removed and added again.
 * Needs MapLibre GL JS 5.5 or later. Throws `INVALID_OPTION`.
 */
export function bindSource(
  map: MapLibreMap,
  sourceId: string,
  client: BindingClient,
  options: SourceOptions = {},
): Binding {
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
  const source = () => map.getSource(sourceId) as TileSource | undefined;
  const inView = () => tilesInView(map, sourceId);
  const matching = (key: string) => inView().filter((tile) => tileKey(tile.tileID.canonical) === key);

  /** Resolves when the source has news, or soon: a tile that fails makes no event that may be heard without hiding it. */
  const news = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const done = () => {
        map.off('sourcedata', heard);
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const heard = (event: MapSourceDataEvent) => void (event.sourceId === sourceId && done());
      const timer = setTimeout(done, 250);
      map.on('sourcedata', heard);
      signal.addEventListener('abort', done);
    });
  const settled = async (key: string, signal: AbortSignal, busy: (tile: TileLike) => boolean) => {
    while (!signal.aborted && matching(key).some(busy)) await news(signal);
  };

  /** Panned away meanwhile, it waits among the hidden ones, and would come back with its old bytes. */
  const dropLeft = (key: string) => dropHidden(map, sourceId, (tile) => tileKey(tile) === key);

  let gate: { of: TileSource; loads: LoadGate } | undefined;
  /** Where tiles are shown together, the source's loads are kept from the screen. */
  const gateOf = (from: TileSource): LoadGate => {
    if (gate?.of === from) return gate.loads;
    gate?.loads.release();
    gate = { of: from, loads: gateLoads(from as unknown as LoadingSource, turns) };
    return gate.loads;
  };
  const refresh = async (from: TileSource, key: string, turn: Turn, goes: boolean) => {
    const run = () => map.refreshTiles(sourceId, [tileOfKey(key)]);
    if (turns === tileByTile) return run();
    const loads = await gateOf(from).collect(run);
    const fails = loads.failed && !goes;
    if (fails || !(await turn(loads.show))) loads.forget();
    if (fails) throw new Error('MapLibre could not load the tile.');
  };

  const swapper = createSwapper(async (key, signal, turn) => {
    // What is being loaded may be the old bytes still, and MapLibre would not refresh it.
    await settled(key, signal, ({ state }) => state === 'loading');
    const tile = matching(key)[0];
    const from = source();
    if (!from || signal.aborted) return;
    if (!tile) return dropLeft(key);
    let gone = false;
    const request = await tileRequest(map, from, tile);
    if (request) {
      const response = await fetch(request.url, { ...request.init, signal });
      gone = isGone(response.status);
      if (!response.ok && !gone) throw new FailedTile(response);
      await response.arrayBuffer();
      if (turns.refuses(key, response.headers)) throw new OutdatedTile();
    }
    if (signal.aborted || source() !== from) return;
    dropLeft(key);
    await refresh(from, key, turn, gone);
    if (gone) return 'gone';
    await settled(key, signal, ({ state }) => !['loaded', 'errored', 'unloaded'].includes(state));
    if (matching(key).some(({ state }) => state === 'errored')) throw new Error('MapLibre could not load the tile.');
  }, turns);

  /** True when the source has URLs for the version. */
  const follow = () => {
    const version = client.version(layer);
    const from = source();
    if (version === undefined || !options.tiles || !from) return false;
    // Not setTiles(): that asks for every tile at once and takes down those that fail.
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
      if (turns !== tileByTile) gateOf(from);
      dropHidden(map, sourceId, (tile) => holds(tile));
      const keys = new Set(
        inView().flatMap(({ tileID: { canonical } }) => (holds(canonical) ? [tileKey(canonical)] : [])),
      );
      for (const key of keys) swapper.swap(key);
    },
    screen() {
      const seen = inView();
      const missing = seen.flatMap(({ state, tileID }) => (state === 'errored' ? [tileKey(tileID.canonical)] : []));
      climb(missing);
      return { missing, busy: seen.some(({ state }) => state === 'loading') };
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
        // A source that comes after the binding: the map may never move again.
        moved();
      };
      map.on('moveend', moved);
      map.on('sourcedata', onSource);
      map.on('idle', look);
      map.on('remove', unbind);
      if (source()) moved();
      return () => {
        map.off('moveend', moved).off('sourcedata', onSource).off('idle', look).off('remove', unbind);
        gate?.loads.release();
      };
    },
    tiles() {
      const keys = new Set(
        inView().flatMap(({ state, tileID }) => (HAS_DATA.includes(state) ? [tileKey(tileID.canonical)] : [])),
      );
      return [...keys].map(tileOfKey);
    },
    cover: () => (!isRemoved(map) && source() ? coverOfSource(map, sourceId) : undefined),
    view: () => (isRemoved(map) ? undefined : maplibreView(map)),
    supply: maplibreSupply(map, sourceId),
  };
}

function maplibreView(map: MapLibreMap): TileView {
  return {
    container: map.getContainer(),
    mount(element) {
      // Controls and popups are siblings of the map's canvas and stand behind it.
      element.style.zIndex = '0';
      map.getCanvasContainer().after(element);
    },
    project: (longitude, latitude) => map.project([longitude, latitude]),
    onMove(listener) {
      map.on('move', listener);
      map.on('resize', listener);
      return () => void map.off('move', listener).off('resize', listener);
    },
  };
}
