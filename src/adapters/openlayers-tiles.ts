import type ImageTile from 'ol/ImageTile.js';
import type Tile from 'ol/Tile.js';
import type VectorRenderTile from 'ol/VectorRenderTile.js';
import type VectorTile from 'ol/VectorTile.js';
import type { FeatureLike } from 'ol/Feature.js';
import type VectorTileLayer from 'ol/layer/VectorTile.js';
import type TileLayer from 'ol/layer/Tile.js';
import type UrlTile from 'ol/source/UrlTile.js';
import type TileImage from 'ol/source/TileImage.js';
import type VectorTileSource from 'ol/source/VectorTile.js';
import type { TileId } from '../shared/tile';
import type { TileCover } from './binding';
import { loadImage } from './load-image';
import { tileKey } from '../screen/tile-key';
import { type Turns, tileByTile } from './turns';

/** A source of vector tiles, with features of any kind. */
export type FeatureSource = VectorTileSource<FeatureLike>;

/** A raster or vector tile layer of OpenLayers. */
export type OLTileLayer = TileLayer<TileImage> | VectorTileLayer;

/** A tile that a vector source loads. A drawn tile is made of one or more of them. */
export type SourceTile = VectorTile<FeatureLike>;

/** The values of `ol/TileState`, repeated here so that this adapter imports only types. */
export const STATE = { IDLE: 0, LOADING: 1, LOADED: 2, ERROR: 3, EMPTY: 4 } as const;

/** The renderer's cache of tiles, in OpenLayers 10.1 and later. */
export interface TileCache {
  getKeys(): string[];
  peek(key: string): Tile | undefined;
  remove(key: string): Tile;
  getCount(): number;
  clear(): void;
}

/**
 * Returns the renderer's cache of a layer. Returns `undefined` before the layer was first drawn, or if OpenLayers has
 * none.
 */
export function tileCache(layer: OLTileLayer): TileCache | undefined {
  if (!layer.hasRenderer()) return undefined;
  const renderer = layer.getRenderer() as unknown as { getTileCache?(): TileCache } | null;
  return renderer?.getTileCache?.();
}

/** Drops all tiles of a layer that is on no map, or whose map has no element: it would come back with its old tiles. */
export function dropAll(layer: OLTileLayer): void {
  const cache = tileCache(layer);
  for (const key of cache?.getKeys() ?? []) cache!.remove(key).dispose();
}

/** Returns true for a tile of a vector layer's renderer, which is drawn from features. */
export function isVector(tile: Tile): tile is VectorRenderTile {
  return 'sourceTiles' in tile;
}

/** Returns true for a tile whose image can be exchanged in place. Reprojected tiles have none. */
export function isImage(tile: Tile): tile is ImageTile {
  return 'setImage' in tile;
}

/** Returns the tiles of this range that a view needs, and all drawn tiles. */
export function coverOf(
  cache: TileCache | undefined,
  z: number,
  { minX, maxX, minY, maxY }: { minX: number; maxX: number; minY: number; maxY: number },
  needs: (x: number, y: number) => boolean,
): TileCover {
  const wanted: TileId[] = [];
  for (let y = minY; y <= maxY; y++) for (let x = minX; x <= maxX; x++) if (needs(x, y)) wanted.push({ z, x, y });
  const drawn = (cache?.getKeys() ?? []).flatMap((key) => {
    const tile = cache?.peek(key);
    const [zoom, x, y] = (tile?.tileCoord ?? []) as [number, number, number];
    return tile?.getState() === STATE.LOADED ? [{ z: zoom, x, y }] : [];
  });
  return { wanted, drawn };
}

/** Returns the keys of the source tiles that failed to load. OpenLayers itself requests reprojected tiles again. */
export function failedKeys(tile: Tile, ids: readonly TileId[]): string[] {
  if (isVector(tile))
    return tile.sourceTiles.flatMap((part) => {
      const [z, x, y] = part.tileCoord as [number, number, number];
      return part.getState() === STATE.ERROR ? [tileKey({ z, x, y })] : [];
    });
  return isImage(tile) && tile.getState() === STATE.ERROR ? ids.map(tileKey) : [];
}

/** Returns true while a tile is loading or about to. */
export function isBusy({ tile }: { readonly tile: Tile }): boolean {
  return tile.getState() === STATE.LOADING || tile.getState() === STATE.IDLE;
}

type LoadFunction = (tile: Tile, url: string) => void;

/** The source's load function. It is set directly, because the setter would discard all tiles. */
interface Loader {
  tileLoadFunction: LoadFunction;
}

export const loaderOf = (source: UrlTile) => source as unknown as Loader;

/** Sets the template of new tiles. `setUrl()` alone would blank vector tiles until the new ones arrive. */
export function setTemplate(source: UrlTile, url: string): void {
  const quiet = Object.create(source, { setKey: { value() {} }, changed: { value() {} } }) as UrlTile;
  quiet.setUrl(url);
  // `setUrl()` has written the URL functions onto the copy.
  Object.assign(source, quiet);
}

/**
 * Loads the tile's image without the copy in the browser's memory, whoever sets its `src`: the source's load function
 * or the user's. Blob and data URLs are always new. With `turns`, the image appears when it is its turn.
 */
export function divertImage(
  tile: Tile,
  turns: Pick<Turns, 'guest'> = tileByTile,
  refuses: (headers: Headers) => boolean = () => false,
): void {
  if ('getImage' in tile) divertElement((tile as ImageTile).getImage(), turns, refuses);
}

/** Like `divertImage`, for the element itself. */
export function divertElement(
  image: unknown,
  turns: Pick<Turns, 'guest'> = tileByTile,
  refuses: (headers: Headers) => boolean = () => false,
): void {
  if (typeof HTMLImageElement === 'undefined' || !(image instanceof HTMLImageElement)) return;
  const set = (src: string) => void (delete (image as { src?: string }).src, (image.src = src));
  Object.defineProperty(image, 'src', {
    configurable: true,
    get: () => '',
    set(url: string) {
      if (!/^(https?:|[^:]*$)/.test(url)) return set(url);
      const { crossOrigin, referrerPolicy } = image;
      loadImage(url, { crossOrigin, referrerPolicy, refuses, signal: AbortSignal.timeout(120_000) }).then(
        (loaded) =>
          turns.guest()(() => {
            if (loaded) image.addEventListener('load', loaded.release, { once: true });
            set(loaded?.src ?? EMPTY);
          }),
        () => void (delete (image as { src?: string }).src, image.dispatchEvent(new Event('error'))),
      );
    },
  });
}

/** Delays the features of a tile that OpenLayers requested by itself until it is their turn. */
export function delayFeatures(tile: Tile, turns: Pick<Turns, 'guest'>): void {
  if (!('setFeatures' in tile)) return;
  const features = tile as SourceTile;
  features.setFeatures = (...loaded) => {
    delete (features as Partial<SourceTile>).setFeatures;
    void turns.guest()(() => features.setFeatures(...loaded));
  };
}

/** A transparent pixel, shown in place of a tile that the origin no longer has. */
export const EMPTY = 'data:image/gif;base64,R0lGODlhAQABAAD/ACwAAAAAAQABAAACADs=';
