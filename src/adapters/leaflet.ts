import type * as L from 'leaflet';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';
import {
  type Binding,
  type BindingClient,
  type BindingOptions,
  type TileCover,
  type TileView,
  layerName,
  normalBBox,
  onFirstVersion,
} from './binding';
import { createAgeBook } from './age-book';
import { watchChanges } from './changes';
import { loadImage } from './load-image';
import { createSwapper } from './swapper';
import { throttle } from './throttle';
import { placeOfUrl } from './url-place';
import { watchMissing } from './watch-missing';

/** Options of `bindTileLayer`. */
export interface LeafletOptions extends BindingOptions {
  /** Parameters of the URL template that follow the layer's version: `{version}` in the URL. @default 'version' */
  versionOption?: string;
}

interface Entry {
  el: HTMLElement;
  coords: L.Coords;
  /** When it had loaded or failed. */
  loaded?: number | Date;
}

/** What Leaflet 1.9 and 2 keep of a grid and have no public name for. */
interface Grid {
  _tiles?: Record<string, Entry>;
  _tileZoom?: number;
  _map?: L.Map | null;
  _url?: string;
  _wrapCoords(coords: L.Coords): L.Coords;
  _getZoomForUrl(): number;
  _getTiledPixelBounds(center: L.LatLng): L.Bounds;
  _pxBoundsToTileRange(bounds: L.Bounds): L.Bounds;
  _isValidTile(coords: L.Coords): boolean;
  _removeTile(key: string): void;
  createTile(coords: L.Coords, done: L.DoneCallback): HTMLElement;
}

/** A transparent pixel: what a tile shows that the origin has no more. */
const EMPTY = 'data:image/gif;base64,R0lGODlhAQABAAD/ACwAAAAAAQABAAACADs=';

function intersects(a: DOMRect, b: DOMRect): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/**
 * Binds a Leaflet tile layer to the cache: changed tiles on the screen are exchanged one by one, each stays until its
 * new image has been decoded, and stays if that fails. Throws `INVALID_OPTION` when the layer's name cannot be told.
 */
export function bindTileLayer(layer: L.TileLayer, client: BindingClient, options: LeafletOptions = {}): Binding {
  const grid = layer as unknown as Grid;
  const name = layerName(options.layer, grid._url);
  const versionOption = options.versionOption ?? 'version';
  const tileOptions = layer.options as L.TileLayerOptions & Record<string, unknown>;
  const loading = new Map<HTMLElement, AbortController>();
  let map: L.Map | undefined;
  // Before the first change, what the browser remembers of an image is right.
  let changed = false;

  const tileId = (coords: L.Coords): TileId => {
    const { x, y } = grid._wrapCoords(coords);
    return { z: grid._getZoomForUrl(), x, y };
  };
  // Tiles of other zooms are on their way out, and Leaflet cannot tell their URLs.
  const entries = () => Object.entries(grid._tiles ?? {}).filter(([, { coords }]) => coords.z === grid._tileZoom);
  const onScreen = ({ el }: Entry) =>
    !!map && intersects(el.getBoundingClientRect(), map.getContainer().getBoundingClientRect());

  const load = (url: string, signal: AbortSignal) => {
    const { crossOrigin, referrerPolicy } = tileOptions;
    return loadImage(url, {
      crossOrigin: typeof crossOrigin === 'string' ? crossOrigin : crossOrigin ? '' : null,
      ...(typeof referrerPolicy === 'string' && { referrerPolicy }),
      signal,
    });
  };

  const urlOf = ({ coords }: Entry) => layer.getTileUrl(Object.assign(grid._wrapCoords(coords), { z: coords.z }));

  const ages = createAgeBook(client, name);
  const swapper = createSwapper(async (key, signal) => {
    const entry = grid._tiles?.[key];
    if (!entry || !map || !(entry.el instanceof HTMLImageElement)) return;
    const { el } = entry;
    const loaded = await load(urlOf(entry), signal);
    if (signal.aborted || grid._tiles?.[key] !== entry) return void loaded?.release();
    loading.get(el)?.abort();
    show(
      el,
      loaded?.src ?? tileOptions.errorTileUrl ?? EMPTY,
      el.classList.contains('leaflet-tile-loaded'),
      loaded?.release,
    );
    return loaded ? undefined : 'gone';
  });

  /** A quiet show hides the element's load event from Leaflet, which would fade the tile in again; a tile that failed is faded in. */
  function show(el: HTMLImageElement, src: string, quiet: boolean, release: (() => void) | undefined) {
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

  const created = grid.createTile;
  const createTile: Grid['createTile'] = function (this: unknown, coords, done) {
    const el = created.call(layer as unknown as Grid, coords, done);
    const url = el.getAttribute('src');
    if (!changed || !(el instanceof HTMLImageElement) || !url || !/^(https?:|[^:]*$)/.test(url)) return el;
    // Taken back before the browser looks at it: its memory may hold the old image.
    el.removeAttribute('src');
    const abort = new AbortController();
    loading.set(el, abort);
    load(url, abort.signal)
      .then((loaded) => {
        if (abort.signal.aborted) return loaded?.release();
        if (!loaded) throw new Error('The tile is gone.');
        show(el, loaded.src, false, loaded.release);
      })
      .catch(() => void (abort.signal.aborted || el.dispatchEvent(new Event('error'))))
      .finally(() => loading.get(el) === abort && loading.delete(el));
    return el;
  };
  const own = Object.hasOwn(layer, 'createTile');
  // Leaflet takes a function of one parameter for a tile that is ready at once: such a layer draws its tiles itself.
  if (created.length > 1) grid.createTile = createTile;

  /** True when the URLs are others now. */
  const follow = () => {
    const version = client.version(name);
    if (version === undefined || tileOptions[versionOption] === version || !grid._url?.includes(`{${versionOption}}`))
      return false;
    tileOptions[versionOption] = version;
    return true;
  };
  const exchange = (holds: (tile: TileId, place: TilePlace) => boolean) => {
    // In a panel that is not shown nothing is on the screen, and Leaflet would not ask for what is missing when it is.
    const unseen = !map?.getContainer().getClientRects().length;
    for (const [key, entry] of entries()) {
      const tile = tileId(entry.coords);
      if (!holds(tile, placeOfUrl(urlOf(entry), tile))) continue;
      if (unseen || onScreen(entry)) swapper.swap(key);
      else grid._removeTile(key);
    }
  };

  const watch = watchMissing(client, name, swapper, () => {
    const seen = entries().filter(([, entry]) => entry.el instanceof HTMLImageElement && onScreen(entry));
    return {
      missing: seen.flatMap(([key, { el, loaded }]) =>
        loaded && !el.classList.contains('leaflet-tile-loaded') ? [key] : [],
      ),
      busy: seen.some(([, { loaded }]) => !loaded),
    };
  });

  const onUnload = ({ tile, coords }: L.TileEvent) => {
    loading.get(tile)?.abort();
    loading.delete(tile);
    swapper.drop(`${coords.x}:${coords.y}:${coords.z}`);
  };
  const report = throttle(() => {
    if (!map || grid._tileZoom === undefined) return;
    const bounds = map.getBounds();
    const bbox = normalBBox(bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth());
    client.viewport({ layer: name, zoom: grid._getZoomForUrl(), bbox });
  }, 200);
  const onMove = () => {
    watch.look();
    if (options.reportViewport !== false) report();
  };
  const onAdd = () => {
    map = grid._map ?? undefined;
    map?.on('moveend', onMove);
    if (map && grid._tileZoom !== undefined) onMove();
  };
  const onRemove = () => {
    map?.off('moveend', onMove);
    map = undefined;
    report.cancel();
  };
  // What was shown for want of a network is worth another look.
  const online = () => {
    swapper.retry();
    changed = true;
    exchange(ages.wanting);
  };

  const stop = watchChanges(client, name, (change) => {
    changed = true;
    if (change.version !== undefined) follow();
    exchange(change.holds);
  });
  const stopFirst = onFirstVersion(client, name, () => {
    if (!follow()) return;
    changed = true;
    exchange(() => true);
  });
  layer.on('tileunload', onUnload).on('tileerror', watch.look).on('add', onAdd).on('remove', onRemove);
  const stopNotice = client.on('notice', ({ notice }) => void (notice === 'online' && online()));
  addEventListener('online', online);
  follow();
  onAdd();

  const unbind = () => {
    stop();
    stopFirst();
    ages.stop();
    stopNotice();
    watch.stop();
    onRemove();
    removeEventListener('online', online);
    options.signal?.removeEventListener('abort', unbind);
    layer.off('tileunload', onUnload).off('tileerror', watch.look).off('add', onAdd).off('remove', onRemove);
    swapper.close();
    // Tiles that are being loaded come all the same: they would stay blank.
    if (grid.createTile !== createTile) return;
    if (own) grid.createTile = created;
    else delete (grid as Partial<Grid>).createTile;
  };
  options.signal?.addEventListener('abort', unbind);
  if (options.signal?.aborted) unbind();

  return {
    layer: name,
    client,
    unbind,
    age: ages.of,
    tiles: () => entries().flatMap(([, entry]) => (onScreen(entry) ? [tileId(entry.coords)] : [])),
    cover: () => map && coverOf(grid, map),
    get updating() {
      return swapper.pending > 0;
    },
    refresh() {
      changed = true;
      exchange(() => true);
    },
    view: () => map && leafletView(map),
  };
}

function coverOf(grid: Grid, map: L.Map): TileCover | undefined {
  const z = grid._tileZoom;
  if (z === undefined) return undefined;
  const { min, max } = grid._pxBoundsToTileRange(grid._getTiledPixelBounds(map.getCenter()));
  const wanted: TileId[] = [];
  for (let { y } = min!; y <= max!.y; y++)
    for (let { x } = min!; x <= max!.x; x++) if (grid._isValidTile({ x, y, z } as L.Coords)) wanted.push({ z, x, y });
  const drawn = Object.values(grid._tiles ?? {}).flatMap(({ el, coords }) =>
    el.classList.contains('leaflet-tile-loaded') ? [{ z: coords.z, x: coords.x, y: coords.y }] : [],
  );
  return { wanted, drawn };
}

function leafletView(map: L.Map): TileView {
  return {
    container: map.getContainer(),
    project: (longitude, latitude) => map.latLngToContainerPoint([latitude, longitude]),
    onMove(listener) {
      map.on('move zoom viewreset resize zoomend', listener);
      return () => void map.off('move zoom viewreset resize zoomend', listener);
    },
  };
}
