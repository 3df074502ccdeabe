import { attempt } from '../page/env';
import { TileCacheError } from '../shared/errors';
import type { BBox, TileId } from '../shared/tile';
import type { BindingClient } from './binding-client';
import type { TileAge } from './tile-age';
import type { TileSupply } from './supply';

/** Options that every adapter takes. */
export interface BindingOptions {
  /** The layer's name in the worker. @default the part after `/tiles/` in the tile URL (MapLibre: the source's id) */
  layer?: string;
  /** The binding unbinds when this signal aborts. @default none */
  signal?: AbortSignal;
  /** Report to the worker what the map shows, so that it fetches those tiles first. @default true */
  reportViewport?: boolean;
  /**
   * `'tile'`: the binding swaps each changed tile as soon as it has arrived. `'view'`: it swaps all changed tiles of the view
   * in one frame, so that old and new tiles are never side by side. It shows tiles that come into view meanwhile in the same
   * frame.
   * @default 'tile'
   */
  swap?: 'tile' | 'view';
  /**
   * Milliseconds, from the first change, that `swap: 'view'` waits for the slowest tile. The binding then swaps the tiles
   * that have arrived, and the others one by one.
   * @default 5000
   */
  swapTimeout?: number;
}

/** Where a binding's tiles are on the screen. Overlays use it with any map library. */
export interface TileView {
  /** The element that the map fills. */
  container: HTMLElement;
  /** Returns the position in pixels from the container's top left corner, or `undefined` if it is unknown. */
  project(longitude: number, latitude: number): { x: number; y: number } | undefined;
  /**
   * Returns the positions of a tile's corners, clockwise from the north-west, or `undefined` if they are unknown.
   * @default where a tile with these numbers lies in Web Mercator
   */
  corners?(tile: TileId): Array<{ x: number; y: number }> | undefined;
  /**
   * Puts an element above the tiles and below the map's controls, if the library has such a place.
   * @default appended to the container
   */
  mount?(element: HTMLElement): void;
  /** Calls the listener whenever the view moves. Returns a function that unsubscribes. */
  onMove(listener: () => void): () => void;
}

/**
 * The tiles that a view needs of a layer, and the drawn ones. Columns continue beyond the antimeridian: `x` is not
 * wrapped.
 */
export interface TileCover {
  /** Tiles of the view's own zoom. */
  wanted: TileId[];
  /** Tiles with something to show, including those of other zooms that replace missing ones. */
  drawn: TileId[];
  /**
   * Returns the number of such a tile at the origin, as `tiles()` and the worker's reports give it.
   * @default the tile in the world's first copy
   */
  idOf?(tile: TileId): TileId;
  /** Set if the library has loaded tiles, but found nothing to draw in any of them. @default not known */
  empty?: true;
}

/** The connection between a layer of a map and a client. */
export interface Binding {
  /** The layer's name in the worker. */
  readonly layer: string;
  /** The client that the binding listens to. */
  readonly client: BindingClient;
  /** The tiles on the screen, in XYZ numbering. */
  tiles(): TileId[];
  /** The tiles that the view needs, and the drawn ones. `undefined` if there is no map, or it does not expose them. */
  cover(): TileCover | undefined;
  /** The requests that the map would make, for code that fetches tiles before the map does. */
  readonly supply: TileSupply;
  /** The age of a tile on the screen. `undefined` until the map has used the tile after you bound the layer. */
  age(tile: TileId): TileAge | undefined;
  /** `true` while a changed tile on the screen waits for its new bytes. */
  readonly updating: boolean;
  /** Requests every tile on the screen again, and swaps those that arrive. Does nothing after `unbind()`. */
  refresh(): void;
  /** Where the tiles are on the screen. `undefined` while the map has no element. */
  view(): TileView | undefined;
  /** Removes every listener and wrapper; the map works as before. Safe to call twice. */
  unbind(): void;
}

/**
 * Returns the given name, or the one after `/tiles/` in the URL, as the worker does. Throws `INVALID_OPTION` if there
 * is none.
 */
export function layerName(given: string | undefined, url: string | undefined): string {
  // A stray `%` names no layer.
  const name = given ?? attempt(() => decodeURIComponent(/\/tiles\/([^/{}?#]+)\//.exec(url ?? '')?.[1] ?? ''));
  if (typeof name === 'string' && name) return name;
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field: 'layer',
    message: 'layer must be given: the tile URL does not contain the layer’s name.',
    remedy: 'Pass { layer: "…" }, the name that the layer has in createTileCache().',
  });
}

/** Returns a box with both longitudes in [-180, 180]; `west > east` if it crosses the antimeridian. */
export function normalBBox(west: number, south: number, east: number, north: number): BBox {
  const clamp = (latitude: number) => Math.max(-90, Math.min(90, latitude));
  if (east - west >= 360) return [-180, clamp(south), 180, clamp(north)];
  const wrap = (longitude: number) => ((((longitude + 180) % 360) + 360) % 360) - 180;
  const right = wrap(east);
  return [wrap(west), clamp(south), right === -180 ? 180 : right, clamp(north)];
}

/**
 * Calls back once if the client learns the layer's first version after the binding was made. That is no version change,
 * but URLs that contain the version change.
 */
export function onFirstVersion(
  client: Pick<BindingClient, 'on' | 'version'>,
  layer: string,
  run: () => void,
): () => void {
  const stops: Array<() => void> = [];
  const stop = () => {
    for (const one of stops.splice(0)) one();
  };
  const look = () => {
    if (client.version(layer) === undefined) return;
    stop();
    run();
  };
  if (client.version(layer) === undefined) stops.push(client.on('versioncheck', look), client.on('status', look));
  return stop;
}
