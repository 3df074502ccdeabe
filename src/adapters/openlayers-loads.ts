import type Tile from 'ol/Tile.js';
import type UrlTile from 'ol/source/UrlTile.js';
import { loadTile } from './openlayers-renew';
import * as tiles from './openlayers-tiles';
import type { Turns } from './turns';

/** Stands between a source and its loads. */
export interface OpenLayersLoads {
  /** Puts itself before the source's own loader; returns the function that takes it away. */
  attach(): () => void;
  /** Tiles have changed: what the browser remembers of an image is no longer right. */
  distrust(): void;
  /** A load of the binding itself for one of its tiles: it waits for its turn elsewhere. */
  loadOwn(key: string): (tile: Tile, signal: AbortSignal) => ReturnType<typeof loadTile>;
}

export function createLoads(source: UrlTile, turns: Turns): OpenLayersLoads {
  const loader = tiles.loaderOf(source);
  const load = loader.tileLoadFunction;
  const own = new WeakMap<Tile, (headers: Headers) => boolean>();
  // Before the first change, what the browser remembers of an image is right.
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
