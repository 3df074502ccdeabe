import { FailedTile } from './failed-tile';

/** A decoded image that an element can take over without a blank frame. */
export interface LoadedImage {
  /** A blob URL, or the tile's own URL where its bytes are hidden from the page. */
  src: string;
  image: HTMLImageElement;
  /** Frees the blob URL; call it when no element needs it any more. */
  release(): void;
}

/** Returns the request that `<img>` would send for the tile. */
export interface ImageRequest {
  /** The element's `crossOrigin`; null for none. */
  crossOrigin: string | null;
  referrerPolicy?: string;
  signal: AbortSignal;
  /** True for an answer that is not to be shown. */
  refuses?: (headers: Headers) => boolean;
}

/** Rejects a tile with an older version than was published: it is asked for again. */
export class OutdatedTile extends Error {
  constructor() {
    super('The tile is of an older version.');
  }
}

/** What Chromium's `<img>` says: the worker takes both for the same variant. */
const ACCEPT = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';

async function decode(src: string, crossOrigin: string | null): Promise<HTMLImageElement> {
  const image = new Image();
  if (crossOrigin !== null) image.crossOrigin = crossOrigin;
  image.decoding = 'sync';
  image.src = src;
  await image.decode();
  return image;
}

/** The fetch before it has pushed the image out of Chromium's memory: the element asks the worker again. */
async function past(url: string, crossOrigin: string | null): Promise<LoadedImage> {
  return { src: url, image: await decode(url, crossOrigin), release() {} };
}

/** Statuses by which an origin says that it has no such tile, on purpose. */
export function isGone(status: number): boolean {
  return status === 204 || status === 404 || status === 410;
}

/** Without a worker the browser's own cache stands between: it has to ask the origin. Under one, the worker decides. */
export function cacheMode(): RequestCache {
  return navigator.serviceWorker?.controller ? 'default' : 'no-cache';
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
 * Loads a tile past the browser's image memory: an `<img>` whose URL this document has shown before gets those bytes
 * again, whatever the headers say, and no worker is asked; a fetch always reaches the worker.
 * Resolves with `undefined` where the origin has no such tile any more (204, 404, 410).
 * Rejects for every other answer that is no image, or that is refused: the old one should stay.
 */
export async function loadImage(url: string, request: ImageRequest): Promise<LoadedImage | undefined> {
  const { crossOrigin, signal } = request;
  const response = await fetch(url, { signal, cache: cacheMode(), ...imageInit(url, request) });
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
    // A page whose policy allows no `blob:` images.
    return past(url, crossOrigin);
  }
}
