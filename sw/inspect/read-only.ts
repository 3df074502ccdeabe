import { createLookup } from '../lookup/lookup';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import type { InspectTools } from './tools';

/** What a lookup has found, and the region that holds the tile, where one does. */
export interface Look {
  found: Found;
  /** The region's pack has the answer. */
  region: string | undefined;
}

/**
 * Looks a tile up as a request would and changes nothing: no cache is created, nothing counts as used, and what regions
 * know of pages' requests stays as it is.
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
      // To open a cache is to create it.
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
