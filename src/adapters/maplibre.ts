import type { Map as MapLibreMap, MapSourceDataEvent, RasterTileSource, VectorTileSource } from 'maplibre-gl';
import { TileCacheError } from '../shared/errors';
import type { TileId } from '../shared/tile';
import {
  type Binding,
  type BindingClient,
  type BindingOptions,
  type TileView,
  normalBBox,
  onFirstVersion,
} from './binding';
import { tileKey, tileOfKey } from './tile-key';
import { createAgeBook } from './age-book';
import { watchChanges } from './changes';
import { isGone } from './load-image';
import { type TileLike, coverOfSource, createClimb, dropHidden, tileRequest, tilesInView } from './maplibre-tiles';
import { createSwapper } from './swapper';
import { throttle } from './throttle';
import { watchMissing } from './watch-missing';

/** Options of `bindSource`. */
export interface SourceOptions extends BindingOptions {
  /** The source's tile URLs for a version, where the version is part of the path. */
  tiles?: (version: string) => string[];
}

type TileSource = (RasterTileSource | VectorTileSource) & { url?: string };

const HAS_DATA = ['loaded', 'reloading', 'expired'];

/**
 * Binds a raster or vector source of a MapLibre map to the cache. Each changed tile on the screen is first brought into
 * the cache and then refreshed, for MapLibre takes a tile down whose refresh fails; hidden changed tiles are dropped.
 * The source may be added later, and may be removed and added again. Needs MapLibre GL JS 5.5 or later.
 * Throws `INVALID_OPTION`.
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

  const ages = createAgeBook(client, layer);
  const swapper = createSwapper(async (key, signal) => {
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
      if (!response.ok && !gone) throw new Error(`The tile answered with status ${response.status}.`);
      await response.arrayBuffer();
    }
    if (signal.aborted || source() !== from) return;
    dropLeft(key);
    map.refreshTiles(sourceId, [tileOfKey(key)]);
    if (gone) return 'gone';
    await settled(key, signal, ({ state }) => !['loaded', 'errored', 'unloaded'].includes(state));
    if (matching(key).some(({ state }) => state === 'errored')) throw new Error('MapLibre could not load the tile.');
  });

  /** True when the source has URLs for the version. */
  const follow = () => {
    const version = client.version(layer);
    const from = source();
    if (version === undefined || !options.tiles || !from) return false;
    // Not setTiles(): that asks for every tile at once and takes down those that fail.
    from.tiles = options.tiles(version);
    return true;
  };
  const exchange = (holds: (tile: TileId) => boolean) => {
    if (!source()) return;
    dropHidden(map, sourceId, holds);
    const keys = new Set(
      inView().flatMap(({ tileID: { canonical } }) => (holds(canonical) ? [tileKey(canonical)] : [])),
    );
    for (const key of keys) swapper.swap(key);
  };

  const report = throttle(() => {
    const from = source();
    if (!from) return;
    const bounds = map.getBounds();
    const zoom = Math.max(
      from.minzoom,
      Math.min(from.maxzoom, Math.floor(map.getZoom() + Math.log2(512 / from.tileSize))),
    );
    const bbox = normalBBox(bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth());
    client.viewport({ layer, zoom, bbox });
  }, 200);
  const climb = createClimb(map);
  const watch = watchMissing(client, layer, swapper, () => {
    const seen = inView();
    const missing = seen.flatMap(({ state, tileID }) => (state === 'errored' ? [tileKey(tileID.canonical)] : []));
    climb(missing);
    return {
      missing,
      busy: seen.some(({ state }) => state === 'loading'),
    };
  });
  const onMove = () => {
    watch.look();
    if (options.reportViewport !== false) report();
  };
  const onSource = (event: MapSourceDataEvent) => {
    if (event.sourceId !== sourceId) return;
    if (event.sourceDataType !== 'metadata') return watch.look();
    follow();
    // A source that comes after the binding: the map may never move again.
    onMove();
  };
  // What was shown for want of a network is worth another look.
  const online = () => {
    swapper.retry();
    exchange(ages.wanting);
  };

  const stop = watchChanges(client, layer, (change) => {
    if (change.version !== undefined) follow();
    exchange(change.holds);
  });
  const stopFirst = onFirstVersion(client, layer, () => {
    if (!follow()) return;
    exchange(() => true);
  });
  map.on('moveend', onMove);
  map.on('sourcedata', onSource);
  map.on('idle', watch.look);
  const stopNotice = client.on('notice', ({ notice }) => void (notice === 'online' && online()));
  addEventListener('online', online);
  follow();
  if (source()) onMove();

  const unbind = () => {
    stop();
    stopFirst();
    ages.stop();
    stopNotice();
    watch.stop();
    report.cancel();
    swapper.close();
    map.off('moveend', onMove).off('sourcedata', onSource).off('idle', watch.look).off('remove', unbind);
    removeEventListener('online', online);
    options.signal?.removeEventListener('abort', unbind);
  };
  map.on('remove', unbind);
  options.signal?.addEventListener('abort', unbind);
  if (options.signal?.aborted) unbind();

  return {
    layer,
    client,
    unbind,
    age: ages.of,
    tiles: () => {
      const keys = new Set(
        inView().flatMap(({ state, tileID }) => (HAS_DATA.includes(state) ? [tileKey(tileID.canonical)] : [])),
      );
      return [...keys].map(tileOfKey);
    },
    cover: () => source() && coverOfSource(map, sourceId),
    get updating() {
      return swapper.pending > 0;
    },
    refresh: () => exchange(() => true),
    view: () => maplibreView(map),
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
