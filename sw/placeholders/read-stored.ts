import { currentAge } from '../http/freshness';
import { mayServeOnError } from '../policy/decide';
import { requestPolicy } from '../http/request-directives';
import { want } from '../lookup/wanted';
import type { PlaceholderTools } from './types';

/** A stored image and how old it is. */
export interface StoredImage {
  blob: Blob;
  /** Seconds. */
  age: number;
}

/** Resolves with the image stored for a URL, if its layer may show it while the origin fails; else with `undefined`. */
export type ReadStored = (url: string, like: Request) => Promise<StoredImage | undefined>;

/** The reader sends no request, and the index does not record its reads as uses. */
export function createReader({ match, ledger, digest, lookup, now }: PlaceholderTools): ReadStored {
  return async (url, like) => {
    const address = match(url);
    const { state } = ledger;
    if (!address || !state) return undefined;
    const { layer } = address;
    const request = new Request(url, { headers: like.headers, credentials: like.credentials });
    const found = await lookup(await want(digest, state, request, address, requestPolicy(request)));
    const { stored } = found;
    if (!stored || found.unsureVariant || stored.tile.status !== 200) return undefined;
    const { tile, verdict } = stored;
    if (!mayServeOnError(tile, layer, now(), {}, undefined, verdict)) return undefined;
    const blob = tile.blob ?? (await tile.response?.clone().blob());
    const type = tile.headers.get('content-type') ?? blob?.type ?? '';
    // An opaque response has no bytes for us.
    if (!blob?.size || !/^image\/(png|jpeg|webp|avif|gif)\b/i.test(type)) return undefined;
    return { blob: new Blob([blob], { type }), age: Math.floor(currentAge(tile, now())) };
  };
}
