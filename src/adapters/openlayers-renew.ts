import type ImageTile from 'ol/ImageTile.js';
import type OLMap from 'ol/Map.js';
import type Tile from 'ol/Tile.js';
import type TileImage from 'ol/source/TileImage.js';
import { FailedTile } from './failed-tile';
import { OutdatedTile, cacheMode, isGone } from './load-image';
import { EMPTY, type FeatureSource, STATE, type SourceTile, loaderOf } from './openlayers-tiles';

/** Resolves when the tile has loaded, rejects when it failed or the signal aborts. */
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

/** New bytes of a tile that wait to be shown. */
export interface Renewed {
  show(): void;
  /** True where the origin has no such tile any more. */
  gone?: boolean;
}

/** Loads a tile; resolves when it has loaded. */
type Load = (tile: Tile, signal: AbortSignal) => Promise<void>;

/** Loads the tile's image anew; it is exchanged in place then: no fade, no blank frame. */
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
    // OpenLayers does not tell a tile that is no more from an origin that is down.
    const coord = source.getTileCoordForTileUrlFunction([z, x, y], projection);
    const url = coord && source.getTileUrlFunction()(coord, ratio, projection);
    if (signal.aborted || !url) throw error;
    await mustBeGone(url, error, { signal, cache: cacheMode() });
    const empty = await emptyImage();
    // Leave tiles that were never there to the stand-ins of other zooms.
    return { gone: true, show: () => void (tile.getState() === STATE.LOADED && tile.setImage(empty)) };
  }
  return {
    show() {
      const image = fresh.getImage();
      if (image && !(image instanceof HTMLVideoElement)) tile.setImage(image);
    },
  };
}

/** Rejects where the origin does not say that it has no such tile. */
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

/** Rejects where a worker answers with what is refused. It has stored what it answers with: the tile's own load is a hit. */
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

/** Loads a source tile's features anew; the old ones are drawn until they are shown. */
export async function newFeatures(
  source: FeatureSource,
  tile: SourceTile,
  url: string,
  load: Load,
  signal: AbortSignal,
): Promise<Renewed> {
  // A load that is still running would finish later and win, with the old features.
  if (tile.getState() === STATE.LOADING) await loadTile(tile, signal).catch(() => {});
  const Constructor = tile.constructor as new (...parts: unknown[]) => SourceTile;
  const fresh = new Constructor(tile.tileCoord, STATE.IDLE, url, tile.getFormat(), loaderOf(source).tileLoadFunction);
  Object.assign(fresh, { extent: tile.extent, projection: tile.projection, resolution: tile.resolution });
  try {
    await load(fresh, signal);
  } catch (error) {
    // OpenLayers does not tell a tile that is no more from an origin that is down.
    if (signal.aborted) throw error;
    await mustBeGone(url, error, { signal });
  }
  return { show: () => tile.setFeatures(fresh.getFeatures() ?? []) };
}
