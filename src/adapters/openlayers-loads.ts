import type Tile from 'ol/Tile.js';
import type UrlTile from 'ol/source/UrlTile.js';
import { loadTile } from './openlayers-renew';
import * as tiles from './openlayers-tiles';
import type { Turns } from './turns';

/** Wraps the loads of a source. */
export interface OpenLayersLoads {
  /** Replaces the source's loader. Returns the function that restores it. */
  attach(): () => void;
  /** Call this after a change: the browser's copies of images may be old from then on. */
  distrust(): void;
  /**
   * Returns the load function for the binding's own loads. It does not wait for its turn, because the exchange does.
   */
  loadOwn(key: string): (tile: Tile, signal: AbortSignal) => ReturnType<typeof loadTile>;
}

export function createLoads(source: UrlTile, turns: Turns): OpenLayersLoads {
  const loader = tiles.loaderOf(source);
  const load = loader.tileLoadFunction;
  const own = new WeakMap<Tile, (headers: Headers) => boolean>();
  // Until the first change, the browser's copies of images are current.
  let distrusted = false;
  const diverted: typeof load = (tile, url) => {
    if (distrusted) tiles.divertImage(tile, own.has(tile) ? undefined : turns, own.get(tile));
    if (turns.holding && !own.has(tile)) tiles.delayFeatures(tile, turns);
    load(tile, url);
  };
  return {
    attach() {
      loader.tileLoadFunction = diverted;
      return () => {
        if (loader.tileLoadFunction === diverted) loader.tileLoadFunction = load;
      };
    },
    distrust() {
      distrusted = true;
    },
    loadOwn: (key) => (tile, signal) => {
      own.set(tile, (headers) => turns.refuses(key, headers));
      return loadTile(tile, signal);
    },
  };
}
