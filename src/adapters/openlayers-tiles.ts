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

/** A source of vector tiles, whatever its features are. */
export type FeatureSource = VectorTileSource<FeatureLike>;

/** A raster or vector tile layer of OpenLayers. */
export type OLTileLayer = TileLayer<TileImage> | VectorTileLayer;

/** The tile that a vector source loads; one or more of them are behind a drawn tile. */
export type SourceTile = VectorTile<FeatureLike>;

/** `ol/TileState`, spelt out so that this adapter imports types only. */
export const STATE = { IDLE: 0, LOADING: 1, LOADED: 2, ERROR: 3, EMPTY: 4 } as const;

/** The renderer's own cache of tiles: OpenLayers 10.1 and later. */
interface TileCache {
  getKeys(): string[];
  peek(key: string): Tile | undefined;
  remove(key: string): Tile;
  getCount(): number;
  clear(): void;
}

/** The cache behind a layer, or `undefined` before it was first drawn or where OpenLayers keeps none. */
export function tileCache(layer: OLTileLayer): TileCache | undefined {
  if (!layer.hasRenderer()) return undefined;
  const renderer = layer.getRenderer() as unknown as { getTileCache?(): TileCache } | null;
  return renderer?.getTileCache?.();
}

/** True for a tile that is drawn from features, one that a vector layer's renderer makes. */
export function isVector(tile: Tile): tile is VectorRenderTile {
  return 'sourceTiles' in tile;
}

/** True for a tile whose image can be exchanged in place (not one that OpenLayers reprojects). */
export function isImage(tile: Tile): tile is ImageTile {
  return 'setImage' in tile;
}

/** What a view needs in this range of tiles, and what is drawn of it or could stand in. */
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

/** The keys of a drawn tile's bytes that failed to load. Reprojected tiles are OpenLayers' own to ask for. */
export function failedKeys(tile: Tile, ids: readonly TileId[]): string[] {
  if (isVector(tile))
    return tile.sourceTiles.flatMap((part) => {
      const [z, x, y] = part.tileCoord as [number, number, number];
      return part.getState() === STATE.ERROR ? [tileKey({ z, x, y })] : [];
    });
  return isImage(tile) && tile.getState() === STATE.ERROR ? ids.map(tileKey) : [];
}

/** True while a drawn tile is being loaded. */
export function isBusy({ tile }: { readonly tile: Tile }): boolean {
  return tile.getState() === STATE.LOADING || tile.getState() === STATE.IDLE;
}

type LoadFunction = (tile: Tile, url: string) => void;

/** The load function that the source has at this moment; its setter would throw every tile away. */
interface Loader {
  tileLoadFunction: LoadFunction;
}

export const loaderOf = (source: UrlTile) => source as unknown as Loader;

/** Has new tiles come from another template. After `setUrl()` vector tiles would be blank until the new ones are there. */
export function setTemplate(source: UrlTile, url: string): void {
  const quiet = Object.create(source, { setKey: { value() {} }, changed: { value() {} } }) as UrlTile;
  quiet.setUrl(url);
  // The template's functions have landed on the copy.
  Object.assign(source, quiet);
}

/**
 * Has the tile's image loaded past the browser's image memory, whoever sets its `src`: the source's own load function
 * or the user's. Blob and data URLs are new anyway. With `turns` it is shown when it is its turn.
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

/** Has the features of a tile that OpenLayers asked for by itself shown when it is their turn. */
export function delayFeatures(tile: Tile, turns: Pick<Turns, 'guest'>): void {
  if (!('setFeatures' in tile)) return;
  const features = tile as SourceTile;
  features.setFeatures = (...loaded) => {
    delete (features as Partial<SourceTile>).setFeatures;
    void turns.guest()(() => features.setFeatures(...loaded));
  };
}

/** A transparent pixel: what a tile shows that the origin has no more. */
export const EMPTY = 'data:image/gif;base64,R0lGODlhAQABAAD/ACwAAAAAAQABAAACADs=';
