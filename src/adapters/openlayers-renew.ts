import type ImageTile from 'ol/ImageTile.js';
import type OLMap from 'ol/Map.js';
import type Tile from 'ol/Tile.js';
import type TileImage from 'ol/source/TileImage.js';
import { FailedTile } from './failed-tile';
import { OutdatedTile, cacheMode, isGone } from './load-image';
import { EMPTY, type FeatureSource, STATE, type SourceTile, loaderOf } from './openlayers-tiles';

/** Resolves once the tile has loaded. Rejects if it fails or the signal aborts. */
export function loadTile(tile: Tile, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      const state = tile.getState();
      if (!signal.aborted && state !== STATE.LOADED && state !== STATE.ERROR && state !== STATE.EMPTY) return;
      tile.removeEventListener('change', settle);
      signal.removeEventListener('abort', settle);
      if (state === STATE.LOADED && !signal.aborted) resolve();
      else reject(new Error('The tile could not be loaded.'));
    };
    tile.addEventListener('change', settle);
    signal.addEventListener('abort', settle);
    tile.load();
  });
}

/** The new bytes of a tile, ready to be shown. */
export interface Renewed {
  show(): void;
  /** True if the origin no longer has the tile. */
  gone?: boolean;
}

/** Loads a tile, and resolves once it has loaded. */
type Load = (tile: Tile, signal: AbortSignal) => Promise<void>;

/** Loads a tile's image again. `show` exchanges it in place, without a fade or a blank frame. */
export async function newImage(
  map: OLMap,
  source: TileImage,
  tile: ImageTile,
  load: Load,
  signal: AbortSignal,
): Promise<Renewed> {
  const [z, x, y] = tile.tileCoord as [number, number, number];
  const ratio = map.getPixelRatio();
  const projection = map.getView().getProjection();
  const fresh = source.getTile(z, x, y, ratio, projection) as ImageTile;
  try {
    await load(fresh, signal);
  } catch (error) {
    // OpenLayers reports the same error for a tile that no longer exists and for an origin that is down.
    const coord = source.getTileCoordForTileUrlFunction([z, x, y], projection);
    const url = coord && source.getTileUrlFunction()(coord, ratio, projection);
    if (signal.aborted || !url) throw error;
    await mustBeGone(url, error, { signal, cache: cacheMode() });
    const empty = await emptyImage();
    // A tile that never existed stays as it is: tiles of other zooms stand in for it.
    return { gone: true, show: () => void (tile.getState() === STATE.LOADED && tile.setImage(empty)) };
  }
  return {
    show() {
      const image = fresh.getImage();
      if (image && !(image instanceof HTMLVideoElement)) tile.setImage(image);
    },
  };
}

/** Rejects unless the origin says that it has no such tile. */
async function mustBeGone(url: string, error: unknown, init: RequestInit): Promise<void> {
  const response = await fetch(url, init);
  if (!isGone(response.status)) throw response.ok ? error : new FailedTile(response);
}

async function emptyImage(): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = EMPTY;
  await image.decode();
  return image;
}

/** Returns the URL from which a source tile now gets its bytes. */
export function featuresUrl(source: FeatureSource, tile: SourceTile, ratio: number): string {
  return source.getTileUrlFunction()(tile.tileCoord, ratio, source.getProjection()!) ?? tile.getTileUrl();
}

/**
 * Rejects if the worker answers with a response that `refuses` refuses. The worker stores the response, so the tile's
 * own load then is a hit.
 */
export async function refuseFeatures(
  url: string,
  refuses: (headers: Headers) => boolean,
  signal: AbortSignal,
): Promise<void> {
  if (!navigator.serviceWorker?.controller) return;
  const response = await fetch(url, { signal });
  await response.arrayBuffer();
  if (refuses(response.headers)) throw new OutdatedTile();
}

/** Loads a source tile's features again. OpenLayers draws the old ones until `show`. */
export async function newFeatures(
  source: FeatureSource,
  tile: SourceTile,
  url: string,
  load: Load,
  signal: AbortSignal,
): Promise<Renewed> {
  // Wait for a running load: it would finish later and overwrite the new features with the old ones.
  if (tile.getState() === STATE.LOADING) await loadTile(tile, signal).catch(() => {});
  const Constructor = tile.constructor as new (...parts: unknown[]) => SourceTile;
  const fresh = new Constructor(tile.tileCoord, STATE.IDLE, url, tile.getFormat(), loaderOf(source).tileLoadFunction);
  Object.assign(fresh, { extent: tile.extent, projection: tile.projection, resolution: tile.resolution });
  try {
    await load(fresh, signal);
  } catch (error) {
    // OpenLayers reports the same error for a tile that no longer exists and for an origin that is down.
    if (signal.aborted) throw error;
    await mustBeGone(url, error, { signal });
  }
  return { show: () => tile.setFeatures(fresh.getFeatures() ?? []) };
}
