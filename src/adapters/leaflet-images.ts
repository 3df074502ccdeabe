import type * as L from 'leaflet';
import type { Grid } from './leaflet-grid';
import { imageOptions } from './leaflet-supply';
import { type LoadedImage, loadImage } from './load-image';
import type { Turns } from './turns';

/** A transparent pixel, shown in place of a tile that the origin no longer has. */
export const EMPTY = 'data:image/gif;base64,R0lGODlhAQABAAD/ACwAAAAAAQABAAACADs=';

/** Loads the images of a layer's tiles without the copies that the browser keeps in memory. */
export interface LeafletImages {
  /** Resolves with `undefined` if the origin has no such tile. Rejects if the image cannot be loaded. */
  load(url: string, signal: AbortSignal, refuses?: (headers: Headers) => boolean): Promise<LoadedImage | undefined>;
  /** Shows a loaded image in the element. */
  exchange(el: HTMLImageElement, loaded: LoadedImage | undefined): void;
  /** Call this when the browser's copies may be old: new tiles are then loaded without them. */
  distrust(): void;
  /** Call this when the element has left the map. */
  drop(el: HTMLElement): void;
  /**
   * Restores the layer's own `createTile`. Tiles that are loading still appear, because they would stay blank
   * otherwise.
   */
  release(): void;
}

/** Wraps the layer's `createTile`. */
export function divertImages(layer: L.TileLayer, turns: Pick<Turns, 'guest'>): LeafletImages {
  const grid = layer as unknown as Grid;
  const options = layer.options as L.TileLayerOptions;
  const loading = new Map<HTMLElement, AbortController>();
  let distrusted = false;

  const load: LeafletImages['load'] = (url, signal, refuses) => {
    return loadImage(url, { ...imageOptions(options), signal, ...(refuses && { refuses }) });
  };

  const created = grid.createTile;
  const createTile: Grid['createTile'] = function (this: unknown, coords, done) {
    const el = created.call(layer as unknown as Grid, coords, done);
    const url = el.getAttribute('src');
    if (!distrusted || !(el instanceof HTMLImageElement) || !url || !/^(https?:|[^:]*$)/.test(url)) return el;
    // Remove the URL before the browser starts loading: it may still have the old image in memory.
    el.removeAttribute('src');
    const abort = new AbortController();
    loading.set(el, abort);
    load(url, abort.signal)
      .then((loaded) =>
        turns.guest()(() => {
          if (abort.signal.aborted) return loaded?.release();
          if (!loaded) throw new Error('The tile is gone.');
          show(el, loaded.src, false, loaded.release);
        }),
      )
      .catch(() => void (abort.signal.aborted || el.dispatchEvent(new Event('error'))))
      .finally(() => loading.get(el) === abort && loading.delete(el));
    return el;
  };
  const own = Object.hasOwn(layer, 'createTile');
  // A `createTile` with one parameter returns finished tiles: such a layer draws its tiles itself.
  if (created.length > 1) grid.createTile = createTile;

  return {
    load,
    exchange(el, loaded) {
      loading.get(el)?.abort();
      // Leaflet's default is an empty URL, at which WebKit goes on painting the old picture.
      const src = loaded?.src ?? (options.errorTileUrl || EMPTY);
      show(el, src, el.classList.contains('leaflet-tile-loaded'), loaded?.release);
    },
    distrust: () => void (distrusted = true),
    drop(el) {
      loading.get(el)?.abort();
      loading.delete(el);
    },
    release() {
      if (grid.createTile !== createTile) return;
      if (own) grid.createTile = created;
      else delete (grid as Partial<Grid>).createTile;
    },
  };
}

/**
 * Shows an image. A quiet show hides the load event from Leaflet, which would fade the tile in again. A tile that had
 * failed is faded in.
 */
export function show(el: HTMLImageElement, src: string, quiet: boolean, release: (() => void) | undefined) {
  const settle = (event: Event) => {
    el.removeEventListener('load', settle, true);
    el.removeEventListener('error', settle, true);
    if (quiet) event.stopImmediatePropagation();
    release?.();
  };
  el.addEventListener('load', settle, true);
  el.addEventListener('error', settle, true);
  el.decoding = 'sync';
  el.src = src;
}
