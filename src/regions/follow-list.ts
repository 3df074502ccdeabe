import type { ClientEvents } from '../page/types';
import type { RegionsApi } from '../page/region-types';
import type { RegionInfo } from '../shared/regions';

/** The part of a client that the list needs. */
export interface TileRegionsClient {
  /** As `TileCacheClient.regions`. */
  readonly regions: Pick<RegionsApi, 'list' | 'pause' | 'resume' | 'update' | 'remove'>;
  /** As `TileCacheClient.on`. */
  on(event: 'region', listener: (detail: ClientEvents['region']) => void): () => void;
}

/** Keeps `regions` as the worker has them; calls `changed` after each change, with
 * true if it is not news but the list. Returns the function that ends this. */
export function followList(
  client: TileRegionsClient,
  regions: Map<string, RegionInfo>,
  changed: (listed: boolean) => void,
  failed: (error: unknown) => void,
): () => void {
  // The list may be older than what the worker has told since it was asked.
  const told = new Set<string>();
  let over = false;
  const stop = client.on('region', ({ region, removed }) => {
    told.add(region.id);
    if (removed) regions.delete(region.id);
    else regions.set(region.id, region);
    changed(false);
  });
  client.regions.list().then((all) => {
    // Another client, or a list that is asked anew.
    if (over) return;
    const known = [...regions.values()].filter(({ id }) => told.has(id));
    const listed = all.filter(({ id }) => !told.has(id));
    regions.clear();
    for (const region of [...listed, ...known]) regions.set(region.id, region);
    changed(true);
  }, failed);
  return () => {
    over = true;
    stop();
  };
}
