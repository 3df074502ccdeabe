import { currentAge } from '../http/freshness';
import { mayServeOnError } from '../policy/decide';
import { tileKey } from '../store/tile-key';
import type { PlaceholderTools } from './types';

/** A stored image and how old it is. */
export interface StoredImage {
  blob: Blob;
  /** Seconds. */
  age: number;
}

/** Reads what is stored for a URL, as far as the layer may show it while the origin is away. */
export type ReadStored = (url: string, like: Request) => Promise<StoredImage | undefined>;

/** Reads only; never asks the origin, never counts as a use. */
export function createReader({ match, ledger, digest, lookup, now }: PlaceholderTools): ReadStored {
  return async (url, like) => {
    const address = match(url);
    const { state } = ledger;
    if (!address || !state) return undefined;
    const { layer, place } = address;
    const request = new Request(url, { headers: like.headers, credentials: like.credentials });
    const { key, own, url: bare, partition } = await tileKey(digest, state.id, request, address);
    const {
      tile: stored,
      standing,
      unsureVariant,
    } = await lookup(request, key, { layer, tile: place, url: bare, partition, asked: address.token, own });
    if (!stored || !standing || unsureVariant || stored.status !== 200) return undefined;
    if (!mayServeOnError(stored, layer, now(), {}, undefined, standing)) return undefined;
    const blob = stored.blob ?? (await stored.response?.clone().blob());
    const type = stored.headers.get('content-type') ?? blob?.type ?? '';
    // An opaque response has no bytes for us.
    if (!blob?.size || !/^image\/(png|jpeg|webp|avif|gif)\b/i.test(type)) return undefined;
    return { blob: new Blob([blob], { type }), age: Math.floor(currentAge(stored, now())) };
  };
}
