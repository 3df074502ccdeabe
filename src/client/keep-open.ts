import type { Env } from '../page/env';
import type { ClientEvents } from '../page/types';
import { isCacheOf, isOfPartition } from './cache-names';

/** Milliseconds after a change until the page looks for new caches. */
const LATER = 10_000;
/** The most layers and versions that one page distinguishes. */
const MOST = 1000;

/**
 * Holds the worker's caches open while the page lives. A browser reads a cache's list of entries when somebody opens
 * the cache, and drops the list when nobody has it open. After each stop of the worker it would read the list again,
 * which for 100,000 tiles takes longer than the whole answer.
 *
 * Leaves the caches of a partition alone: a deleted cache stays on disk while somebody holds it open, and a logout must
 * leave nothing. Never throws. Returns a function that releases all caches for a while.
 */
export function keepOpen(
  { caches, setTimeout, clearTimeout }: Env,
  scope: string,
  on: <K extends keyof ClientEvents>(event: K, listener: (detail: ClientEvents[K]) => void) => unknown,
  closed: AbortSignal,
): () => void {
  // Holding the references is enough.
  const held = new Set<Cache>();
  // Layers and versions in use when the page last looked for the caches.
  const known = new Set<string>();
  let timer: unknown;

  async function refresh(): Promise<void> {
    try {
      const names = ((await caches?.keys()) ?? []).filter((name) => isCacheOf(scope, name) && !isOfPartition(name));
      const opened = await Promise.all(names.map((name) => (caches as CacheStorage).open(name)));
      held.clear();
      if (!closed.aborted) for (const cache of opened) held.add(cache);
    } catch {
      // Without storage there is nothing to hold.
    }
  }

  function refreshLater(): void {
    clearTimeout(timer);
    timer = setTimeout(refresh, LATER);
  }

  /** Releases all caches, so that this page does not keep deleted ones on disk. */
  function letGo(): void {
    held.clear();
    known.clear();
    refreshLater();
  }

  on('used', ({ uses }) => {
    const before = known.size;
    if (before < MOST) for (const { layer, version } of uses) known.add(`${layer}@${version}`);
    if (known.size > before) refreshLater();
  });

  on('versionchange', letGo);
  on('invalidated', letGo);
  closed.addEventListener('abort', () => held.clear());
  void refresh();
  return letGo;
}
