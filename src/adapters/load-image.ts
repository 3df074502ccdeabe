import { CACHE_NAME } from '../shared/cache-status';
import { FailedTile } from './failed-tile';

/** A decoded image that an element can take over without a blank frame. */
export interface LoadedImage {
  /** A blob URL, or the tile's own URL if the page may not read its bytes. */
  src: string;
  image: HTMLImageElement;
  /** Frees the blob URL. Call it when no element needs it any more. */
  release(): void;
}

/** Returns the request that `<img>` would send for the tile. */
export interface ImageRequest {
  /** The element's `crossOrigin`; `null` if it has none. */
  crossOrigin: string | null;
  referrerPolicy?: string;
  signal: AbortSignal;
  /** Returns true for a response that must not be shown. */
  refuses?: (headers: Headers) => boolean;
}

/** The error for a tile of an older version than the published one. The binding requests the tile again. */
export class OutdatedTile extends Error {
  constructor() {
    super('The tile is of an older version.');
  }
}

/**
 * The `Accept` header of Chromium's `<img>`. With it, the worker treats a fetch and an image request as the same
 * variant.
 */
const ACCEPT = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';

async function decode(src: string, crossOrigin: string | null): Promise<HTMLImageElement> {
  const image = new Image();
  if (crossOrigin !== null) image.crossOrigin = crossOrigin;
  image.decoding = 'sync';
  image.src = src;
  await image.decode();
  return image;
}

/** Loads a tile through an image element. The fetch before this call has removed it from Chromium's memory. */
async function past(url: string, crossOrigin: string | null): Promise<LoadedImage> {
  return { src: url, image: await decode(url, crossOrigin), release() {} };
}

/** Returns true for a status with which an origin says that it has no such tile. */
export function isGone(status: number): boolean {
  return status === 204 || status === 404 || status === 410;
}

/**
 * Returns the cache mode for a changed tile. Without a worker, the browser's own cache must ask the origin. With one,
 * the worker decides.
 */
export function cacheMode(): RequestCache {
  return navigator.serviceWorker?.controller ? 'default' : 'no-cache';
}

/**
 * Fetches a changed tile. If the worker leaves the tile to the browser, because no layer has its URL or the worker's
 * policy forbids its host, the browser's own cache must ask the origin as well.
 */
export async function fetchChanged(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { cache: cacheMode(), ...init });
  const isAsked = cacheMode() === 'no-cache' || response.type === 'opaque';
  if (isAsked || response.headers.get('cache-status')?.includes(CACHE_NAME)) return response;
  await response.body?.cancel();
  return fetch(url, { ...init, cache: 'no-cache' });
}

/** Returns the `fetch` options for the request that an image element would send. */
export function imageInit(
  url: string,
  { crossOrigin, referrerPolicy }: Pick<ImageRequest, 'crossOrigin' | 'referrerPolicy'>,
): RequestInit {
  // If `<img>` requests without CORS, the page may not read the bytes.
  const hidden = crossOrigin === null && new URL(url, location.href).origin !== location.origin;
  return {
    mode: hidden ? 'no-cors' : 'cors',
    credentials: crossOrigin === 'use-credentials' || hidden ? 'include' : 'same-origin',
    headers: { accept: ACCEPT },
    ...(referrerPolicy && { referrerPolicy: referrerPolicy as ReferrerPolicy }),
  };
}

/**
 * Loads a tile without the copy that the browser keeps in memory. An `<img>` whose URL the document has shown before
 * gets those bytes again, whatever the headers say, and without asking a worker. A fetch always reaches the worker.
 * Resolves with `undefined` if the origin no longer has the tile (204, 404, 410). Rejects for any other response that
 * is not an image or that `refuses` refuses: the old tile should stay.
 */
export async function loadImage(url: string, request: ImageRequest): Promise<LoadedImage | undefined> {
  const { crossOrigin, signal } = request;
  const response = await fetchChanged(url, { signal, ...imageInit(url, request) });
  if (response.type === 'opaque') {
    await response.blob();
    return past(url, crossOrigin);
  }
  if (isGone(response.status)) return undefined;
  if (response.status !== 200) throw new FailedTile(response);
  if (request.refuses?.(response.headers)) throw new OutdatedTile();
  const src = URL.createObjectURL(await response.blob());
  try {
    signal.throwIfAborted();
    const image = await decode(src, null);
    signal.throwIfAborted();
    return { src, image, release: () => URL.revokeObjectURL(src) };
  } catch (error) {
    URL.revokeObjectURL(src);
    if (signal.aborted) throw error;
    // The page's policy allows no `blob:` images.
    return past(url, crossOrigin);
  }
}
