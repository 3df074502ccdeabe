import type { TileCacheError } from '../shared/errors';
import type { VersionWatch, WatchParts } from '../versions/version-watch';
import { onDemand } from './load-on-demand';

/** The version watch, whose script loads after the map. */
export interface Watching {
  /** Loads and starts it, once; when that fails (offline, not precached), the next call tries again. Never rejects. */
  start(): Promise<void>;
  /** The watch, once it has started. */
  current(): VersionWatch | undefined;
}

/** The parts that the watch needs besides its own. */
export interface WatchingParts extends WatchParts {
  /** Returns what the page knows of its network, including the number of failed checks in a row. */
  reach(): { failures: number };
  /** Settles when the page has met the worker, or no longer waits for it. */
  met: Promise<unknown>;
}

/** Creates the watch without starting it. */
export function createWatching({ reach, met, ...parts }: WatchingParts): Watching {
  const { env, settings, emit } = parts;
  let starting: Promise<void> | undefined;
  let watch: VersionWatch | undefined;

  async function begin(): Promise<void> {
    if (!settings.versions && !env.href.includes('tileVersion=')) return;
    try {
      const [{ startVersionWatch }] = await Promise.all([onDemand(), met]);
      watch = startVersionWatch(parts);
    } catch (error) {
      starting = undefined;
      emit('versioncheck', { ok: false, failures: reach().failures + 1, error: error as TileCacheError });
    }
  }

  return { start: () => (starting ??= begin()), current: () => watch };
}
