import { createAdoption } from '../index/adoption';
import { createEviction } from '../index/eviction';
import { createHousekeeping } from '../index/housekeeping';
import { createTileIndex } from '../index/tile-index';
import { recordOf } from '../ledger/state';
import { createLedger } from '../ledger/ledger';
import type { MoveInPlugin } from '../move-in/tools';
import { parseCacheName } from '../store/cache-name';
import { createMemoryTier } from '../store/memory-tier';
import { createStoredBytes } from '../store/stored-bytes';
import { createTileStore } from '../store/tile-store';
import { shareWhileRunning } from '../util/share-while-running';
import type { Base } from './base';

export type Storing = ReturnType<typeof createStoring>;

/** Creates the parts that store tiles and record what the worker knows of them. */
export function createStoring({ around, resolved, timers, sleep, later, layerNamed }: Base, plugin?: MoveInPlugin) {
  const { scope, now, origin, caches } = around;
  const moved = plugin?.({ origin, caches, timers });
  const bodies = createTileStore({ caches, scope, timers });
  const store = moved?.around(bodies) ?? bodies;
  const memory = createMemoryTier(resolved.memoryBytes);
  const index = around.index ?? createTileIndex({ scope, now, timers });
  // Concurrent callers share one listing: a Cache Storage that hangs costs one wait.
  const hasTraces = shareWhileRunning(store.hasTraces);
  const ledger = around.ledger ?? createLedger(scope, hasTraces, timers);
  const eviction = createEviction({
    store,
    memory,
    index,
    layer: layerNamed,
    isCurrent: (cacheName) => {
      const parsed = parseCacheName(cacheName);
      return !parsed || !ledger.state || recordOf(ledger.state, parsed.layer).cache === parsed.version;
    },
    maxBytes: resolved.maxBytes,
    pause: () => sleep(0),
  });
  const adopt = createAdoption({ store, index, random: around.random });
  const keepHouse = createHousekeeping({
    index,
    evict: () =>
      adopt()
        .catch(() => {})
        .then(eviction.run),
    sleep,
    later,
  });
  let traces: Promise<boolean> | undefined;
  return {
    store,
    moved,
    bytesOf: createStoredBytes(store),
    memory,
    index,
    ledger,
    eviction,
    keepHouse,
    /** Resolves with true if this scope had caches when first asked, or if they cannot be listed. Never rejects. */
    hasTraces: () => (traces ??= hasTraces().catch(() => true)),
  };
}
