import { DEVELOPMENT } from './debug/development';
import { refusal } from './debug/refusal';
import type { ResolvedLayer } from '../src/shared/layer-options';
import { createTileMatcher, type TileAddress } from '../src/shared/tile-matcher';
import type { ResolvedOptions } from './options';
import { isReserved } from './store/tile-key';

/** Knows the layers, and finds the tile that a URL names. */
export interface Addresses {
  /** Returns undefined for a URL that names no tile. */
  match(url: string): TileAddress | undefined;
  /** Returns undefined for a name that no layer has. */
  layerNamed(name: string): ResolvedLayer | undefined;
  /** Returns the keys of the layer's tiles that pages requested lately. */
  keysOf(name: string): string[];
  /** Yields the URLs that pages requested lately, each with its address. */
  seen(): Iterable<readonly [url: string, address: TileAddress]>;
  /** Returns the names of all layers known by now. */
  known(): string[];
}

/** The largest number of URLs to remember. When it is reached, the worker forgets all of them. */
const MAX_ADDRESSES = 4096;
/** The largest number of layers from the `layers` function that the worker keeps. */
const MAX_LAYERS = 1000;

export function createAddresses(
  { layers, catchAll }: Pick<ResolvedOptions, 'layers' | 'catchAll'>,
  { origin, scope }: { origin: string; scope: string },
): Addresses {
  const made = new Map<string, ResolvedLayer>();
  const layerNamed = (name: string): ResolvedLayer | undefined => {
    const own = layers.find((layer) => layer.name === name);
    if (own || !catchAll || name === '*') return own;
    const known = made.get(name);
    if (known) return known;
    const fresh = quietly(() => catchAll(name));
    // A name that is no layer must not take a place, because any URL can contain any name.
    if (!fresh) return undefined;
    // The function makes the layer anew when a URL names it again.
    if (made.size >= MAX_LAYERS) made.delete(made.keys().next().value as string);
    made.set(name, fresh);
    return fresh;
  };
  const matchUrl = createTileMatcher({ layers, ...(catchAll && { catchAll: layerNamed }), origin, scope });
  // The meaning of a URL never changes, and maps request the same URLs again and again.
  const addresses = new Map<string, TileAddress>();
  return {
    match(url) {
      const known = addresses.get(url);
      if (known) return known;
      const address = isReserved(url) ? undefined : matchUrl(url);
      if (address) {
        if (addresses.size >= MAX_ADDRESSES) addresses.clear();
        addresses.set(url, address);
      }
      return address;
    },
    layerNamed,
    keysOf: (name) => [...addresses.values()].flatMap(({ layer, key }) => (layer.name === name ? [key] : [])),
    seen: () => addresses,
    known: () => [...layers.map((layer) => layer.name), ...made.keys()],
  };
}

/** Returns undefined if the app's function fails or returns bad options, and reports that on the console. */
function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    console.error(DEVELOPMENT ? refusal(error) : error);
    return undefined;
  }
}
