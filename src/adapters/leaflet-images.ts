import type * as L from 'leaflet';
import type { Grid } from './leaflet-grid';
import { imageOptions } from './leaflet-supply';
import { type LoadedImage, loadImage } from './load-image';
import type { Turns } from './turns';

/** A transparent pixel: what a tile shows that the origin has no more. */
export const EMPTY = 'data:image/gif;base64,R0lGODlhAQABAAD/ACwAAAAAAQABAAACADs=';

/** Loads the images of a layer's tiles past what the browser remembers of their URLs. */
export interface LeafletImages {
  /** Undefined: the origin has no such tile. Rejects when it cannot be had. */
  load(url: string, signal: AbortSignal, refuses?: (headers: Headers) => boolean): Promise<LoadedImage | undefined>;
  /** Puts a loaded image in the place of what the element shows. */
  exchange(el: HTMLImageElement, loaded: LoadedImage | undefined): void;
  /** From now on what the browser remembers may be old: tiles that are created are loaded past it. */
  distrust(): void;
  /** The element has left the map. */
  drop(el: HTMLElement): void;
  /** Gives the layer its own `createTile` back. Tiles that are being loaded come all the same: they would stay blank. */
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
    // Taken back before the browser looks at it: its memory may hold the old image.
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
  // Leaflet takes a function of one parameter for a tile that is ready at once: such a layer draws its tiles itself.
  if (created.length > 1) grid.createTile = createTile;

  return {
    load,
    exchange(el, loaded) {
      loading.get(el)?.abort();
      const src = loaded?.src ?? options.errorTileUrl ?? EMPTY;
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

/** A quiet show hides the element's load event from Leaflet, which would fade the tile in again; a tile that failed is faded in. */
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
