import { createLookup } from '../lookup/lookup';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import type { InspectTools } from './tools';

/** The result of a lookup, and the region that holds the tile, if any. */
export interface Look {
  found: Found;
  /** The id of the region whose pack has the answer. */
  region: string | undefined;
}

/**
 * Looks up a tile as a request would, but changes nothing. It creates no cache, records no use, and leaves the regions'
 * records of pages' requests unchanged.
 */
export async function look(tools: InspectTools, wanted: Wanted): Promise<Look> {
  const { store, memory, kept } = tools;
  const names = store.list().then((caches) => new Set(caches.map(({ name }) => name)));
  names.catch(() => {});
  let held: { region?: string; tile: { cacheName?: string } } | undefined;
  const lookup = createLookup({
    ...tools,
    memory: { ...memory, get: memory.peek },
    store: {
      nameOf: store.nameOf,
      // Opening a cache would create it.
      match: async (cacheName, key) => ((await names).has(cacheName) ? store.match(cacheName, key) : undefined),
    },
    onBroken: () => {},
    kept: kept && {
      find: (subject, key) =>
        kept.find(subject, key, { headers: new Headers() })?.then((one) => {
          held = one;
          return one;
        }),
    },
  });
  const found = await lookup(wanted);
  const own = held?.tile.cacheName === found.stored?.tile.cacheName;
  return { found, region: found.stored && own ? held?.region : undefined };
}
