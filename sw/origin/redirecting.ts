/** Knows the tiles that the origin answers with a redirect: we send no conditions for them. */
export interface Redirecting {
  has(layer: string, url: string): boolean;
  note(layer: string, url: string): void;
}

const MAX_URLS = 1000;
/**
 * The number of redirected tiles after which the whole layer counts as redirecting: each costs a request to find out.
 */
const SEVERAL = 3;

export function createRedirecting(): Redirecting {
  const urls = new Set<string>();
  const layers = new Map<string, number>();
  return {
    has: (layer, url) => (layers.get(layer) ?? 0) >= SEVERAL || urls.has(url),
    note(layer, url) {
      if (urls.size >= MAX_URLS) urls.clear();
      if (layers.size >= MAX_URLS) layers.clear();
      urls.add(url);
      layers.set(layer, (layers.get(layer) ?? 0) + 1);
    },
  };
}
