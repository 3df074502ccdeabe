import type OLMap from 'ol/Map.js';
import type Tile from 'ol/Tile.js';
import type TileImage from 'ol/source/TileImage.js';
import type UrlTile from 'ol/source/UrlTile.js';
import { TileCacheError } from '../shared/errors';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';
import type { BindingClient } from './binding-client';
import { type Binding, type BindingOptions, layerName, normalBBox } from './binding';
import { createBinding, type Heard, type MapPart } from './create-binding';
import { tileKey, tileOfKey } from '../screen/tile-key';
import * as tiles from './openlayers-tiles';
import { featuresUrl, loadTile, newFeatures, newImage, refuseFeatures } from './openlayers-renew';
import { openlayersSupply } from './openlayers-supply';
import { degrees, openlayersView, placeInGrid } from './openlayers-view';
import { turnsOf } from './swap-options';
import { createSwapper } from './swapper';
import type { Turns } from './turns';
import { placeInUrl } from './url-place';

/** Options of `bindLayer`. */
export interface LayerOptions extends BindingOptions {
  /** The source's URL template for a version, where the version is part of the URL. */
  url?: (version: string) => string;
}

/** Where a drawn tile is. */
interface Place {
  cacheKey: string;
  tile: Tile;
  /** The tiles that its bytes come from. */
  ids: TileId[];
  visible: boolean;
}

/**
 * Binds a tile layer of OpenLayers (a source with URLs: XYZ, OSM, TileWMS … or VectorTile) to the cache: changed tiles
 * on the screen are exchanged in place, one by one or all in one frame (`swap: 'view'`). Each stays until its
 * new image or features have loaded, and stays if that fails; hidden changed tiles are dropped. Needs OpenLayers 10.1 or later. Throws `INVALID_OPTION`.
 */
export function bindLayer(layer: tiles.OLTileLayer, client: BindingClient, options: LayerOptions = {}): Binding {
  const source = layer.getSource() as UrlTile | null;
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

function openlayersPart(
  layer: tiles.OLTileLayer,
  source: UrlTile,
  name: string,
  client: BindingClient,
  options: LayerOptions,
  turns: Turns,
): MapPart {
  // Before the first change, what the browser remembers of an image is right.
  let changed = false;

  const getMap = () => layer.getMapInternal();
  const projectionOf = (map: OLMap) => map.getView().getProjection();

  const idsOf = (map: OLMap, tile: Tile): TileId[] => {
    const coords = tiles.isVector(tile)
      ? tile.sourceTiles.map((part) => part.tileCoord)
      : [source.getTileCoordForTileUrlFunction(tile.tileCoord, projectionOf(map))];
    return coords.flatMap((coord) => (coord ? [{ z: coord[0]!, x: coord[1]!, y: coord[2]! }] : []));
  };
  const places = (): Place[] => {
    const map = getMap();
    const cache = tiles.tileCache(layer);
    const resolution = map?.getView().getResolution();
    if (!map || !cache || resolution === undefined) return [];
    const grid = source.getTileGridForProjection(projectionOf(map));
    const extent = map.getView().calculateExtent(map.getSize());
    const zoom = grid.getZForResolution(resolution, source.zDirection);
    const all = cache.getKeys().flatMap((cacheKey) => {
      const tile = cache.peek(cacheKey);
      if (!tile) return [];
      const [z, x, y] = tile.tileCoord as [number, number, number];
      const inView = grid.getTileRangeForExtentAndZ(extent, z).containsXY(x, y);
      return [{ cacheKey, tile, ids: idsOf(map, tile), inView, current: z === zoom }];
    });
    // Tiles of other zooms stand in for those of this zoom that are not there yet.
    const complete = all.every(
      ({ tile, inView, current }) => !inView || !current || tile.getState() === tiles.STATE.LOADED,
    );
    return all.map(({ inView, current, ...place }) => ({ ...place, visible: inView && (current || !complete) }));
  };

  /** Loads what is new of a drawn tile; undefined where nothing need be exchanged. */
  const renew = async (map: OLMap, { tile, cacheKey }: Place, key: string, signal: AbortSignal) => {
    // Tiles of an older key are OpenLayers' own stand-ins for those that it loads already.
    if (tile.key !== source.getKey() || tile.getState() === tiles.STATE.IDLE) return undefined;
    if (tiles.isImage(tile)) return newImage(map, source as TileImage, tile, loadOwn(key), signal);
    if (!tiles.isVector(tile)) return undefined;
    const parts = (tile.sourceTiles as tiles.SourceTile[]).filter(
      ({ tileCoord: [z, x, y] }) => tileKey({ z: z!, x: x!, y: y! }) === key,
    );
    const loaded = await Promise.all(
      parts.map(async (part) => {
        const url = featuresUrl(source as tiles.FeatureSource, part, map.getPixelRatio());
        // OpenLayers' own loader shows no headers.
        if (turns.holding) await refuseFeatures(url, (headers) => turns.refuses(key, headers), signal);
        return newFeatures(source as tiles.FeatureSource, part, url, loadOwn(key), signal);
      }),
    );
    return {
      show() {
        for (const { show } of loaded) show();
        // A drawn tile that was made of parts that had failed already does not hear of their return.
        const whole = tile.sourceTiles.every((part) => part.getState() === tiles.STATE.LOADED);
        if (whole && tile.getState() === tiles.STATE.ERROR) tiles.tileCache(layer)?.remove(cacheKey);
      },
    };
  };

  const swapper = createSwapper(async (key, signal, turn) => {
    const map = getMap();
    if (!map) return;
    const all = places().filter(({ ids }) => ids.some((id) => tileKey(id) === key));
    const found = all.filter(({ visible }) => visible);
    // Panned away meanwhile, it would come back with its old bytes.
    for (const { cacheKey, visible } of all) if (!visible) tiles.tileCache(layer)?.remove(cacheKey).dispose();
    const loaded = (await Promise.all(found.map((place) => renew(map, place, key, signal)))).filter((one) => !!one);
    if (signal.aborted || !found.length) return;
    const shown = await turn(() => {
      for (const { show } of loaded) show();
      layer.changed();
    });
    return shown && loaded.some(({ gone }) => gone) ? 'gone' : undefined;
  }, turns);

  /** Where the bytes of a tile lie: TileWMS and WMTS say so in their URLs. */
  const placeOf = (tile: TileId): TilePlace | null => {
    const map = getMap();
    if (!map) return tile;
    const projection = projectionOf(map);
    const coord = [tile.z, tile.x, tile.y];
    const place = placeInUrl(source.getTileUrlFunction()(coord, map.getPixelRatio(), projection) ?? undefined);
    if (place !== undefined) return place;
    return placeInGrid(source.getTileGridForProjection(projection), projection, tile);
  };
  const loader = tiles.loaderOf(source);
  const load = loader.tileLoadFunction;
  // What the binding loads itself waits for its turn elsewhere.
  const own = new WeakMap<Tile, (headers: Headers) => boolean>();
  const loadOwn = (key: string) => (tile: Tile, signal: AbortSignal) => {
    own.set(tile, (headers) => turns.refuses(key, headers));
    return loadTile(tile, signal);
  };
  const diverted: typeof load = (tile, url) => {
    if (changed) tiles.divertImage(tile, own.has(tile) ? undefined : turns, own.get(tile));
    if (turns.holding && !own.has(tile)) tiles.delayFeatures(tile, turns);
    load(tile, url);
  };

  return {
    layer: name,
    swapper,
    turns,
    exchange(holds) {
      changed = true;
      const cache = tiles.tileCache(layer);
      const keys = new Set<string>();
      for (const { cacheKey, tile, ids, visible } of places()) {
        const old = tile.key !== source.getKey();
        const hit = ids.filter((id) => holds(id, placeOf(id)));
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
      const seen = places().filter(({ visible, tile }) => visible && tile.key === source.getKey());
      return { missing: seen.flatMap(({ tile, ids }) => tiles.failedKeys(tile, ids)), busy: seen.some(tiles.isBusy) };
    },
    looksAt() {
      const map = getMap();
      const resolution = map?.getView().getResolution();
      if (!map || resolution === undefined) return undefined;
      const projection = projectionOf(map);
      const box = degrees(projection, map.getView().calculateExtent(map.getSize()));
      const zoom = source.getTileGridForProjection(projection).getZForResolution(resolution, source.zDirection);
      return box && { zoom, bbox: normalBBox(...box) };
    },
    listen({ look, moved }: Heard) {
      let watched: OLMap | undefined;
      const attach = () => {
        const map = getMap() ?? undefined;
        if (map === watched) return;
        watched?.un('moveend', moved);
        watched = map;
        watched?.on('moveend', moved);
      };
      loader.tileLoadFunction = diverted;
      // A layer says nothing when it gets a map, but it is drawn then.
      layer.on('prerender', attach);
      source.on('tileloaderror', look);
      attach();
      return () => {
        source.un('tileloaderror', look);
        layer.un('prerender', attach);
        watched?.un('moveend', moved);
        if (loader.tileLoadFunction === diverted) loader.tileLoadFunction = load;
      };
    },
    tiles() {
      const shown = places().filter(({ tile, visible }) => visible && tile.getState() === tiles.STATE.LOADED);
      return [...new Set(shown.flatMap(({ ids }) => ids.map(tileKey)))].map(tileOfKey);
    },
    cover() {
      const map = getMap();
      const resolution = map?.getView().getResolution();
      if (!map || resolution === undefined) return undefined;
      const grid = source.getTileGridForProjection(projectionOf(map));
      const z = grid.getZForResolution(resolution, source.zDirection);
      const needs = (x: number, y: number) => !!source.getTileCoordForTileUrlFunction([z, x, y], projectionOf(map));
      const range = grid.getTileRangeForExtentAndZ(map.getView().calculateExtent(map.getSize()), z);
      return tiles.coverOf(tiles.tileCache(layer), z, range, needs);
    },
    view() {
      const map = getMap();
      return map ? openlayersView(map) : undefined;
    },
    supply: openlayersSupply(source, getMap),
  };
}
