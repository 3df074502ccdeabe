import { DEVELOPMENT } from './debug/development';
import { refusal } from './debug/refusal';
import type { ResolvedLayer } from '../src/shared/layer-options';
import { createTileMatcher, type TileAddress } from '../src/shared/tile-matcher';
import type { ResolvedOptions } from './options';
import { isReserved } from './store/tile-key';

/** Which layers there are, and which tile a URL names. */
export interface Addresses {
  /** Undefined for a URL that is no tile's. */
  match(url: string): TileAddress | undefined;
  layerNamed(name: string): ResolvedLayer | undefined;
  /** Keys of the layer's tiles that were asked for lately. */
  seen(name: string): string[];
  /** URLs that were asked for lately, with what they are. */
  asked(): Iterable<readonly [url: string, address: TileAddress]>;
  /** Names of all layers that are known by now. */
  known(): string[];
}

const MAX_ADDRESSES = 4096;
/** Layers that a function names, and that are kept. */
const MAX_LAYERS = 1000;

export function createAddresses(
  { layers, catchAll }: Pick<ResolvedOptions, 'layers' | 'catchAll'>,
  { origin, scope }: { origin: string; scope: string },
): Addresses {
  const made = new Map<string, ResolvedLayer>();
  const layerNamed = (name: string): ResolvedLayer | undefined => {
    const own = layers.find((layer) => layer.name === name);
    if (own || !catchAll) return own;
    const known = made.get(name);
    if (known) return known;
    const fresh = quietly(() => catchAll(name));
    // What is no layer takes no place: any URL can name one.
    if (!fresh) return undefined;
    // Made anew when it is named again.
    if (made.size >= MAX_LAYERS) made.delete(made.keys().next().value as string);
    made.set(name, fresh);
    return fresh;
  };
  const matchUrl = createTileMatcher({ layers, ...(catchAll && { catchAll: layerNamed }), origin, scope });
  // What a URL means never changes; maps ask for the same ones again and again.
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
    seen: (name) => [...addresses.values()].flatMap(({ layer, key }) => (layer.name === name ? [key] : [])),
    asked: () => addresses,
    known: () => [...layers.map((layer) => layer.name), ...made.keys()],
  };
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    console.error(DEVELOPMENT ? refusal(error) : error);
    return undefined;
  }
}
