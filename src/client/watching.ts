import type { TileCacheError } from '../shared/errors';
import type { VersionWatch, WatchParts } from '../versions/version-watch';
import { loaded } from './loaded';

/** The watch of the versions, whose script is loaded behind the map. */
export interface Watching {
  /** Loads and starts it, once; when that fails (offline, not precached), the next call tries again. Never rejects. */
  start(): Promise<void>;
  /** The watch, once it has started. */
  current(): VersionWatch | undefined;
}

/** What the watch needs besides its own parts. */
export interface WatchingParts extends WatchParts {
  /** Checks in a row that failed. */
  failures(): number;
  /** Settles when the worker was met, or nobody waits for it any more. */
  met: Promise<unknown>;
}

/** Starts nothing by itself. */
export function createWatching({ failures, met, ...parts }: WatchingParts): Watching {
  const { env, settings, emit } = parts;
  let starting: Promise<void> | undefined;
  let watch: VersionWatch | undefined;

  async function begin(): Promise<void> {
    if (!settings.versions && !env.href.includes('tileVersion=')) return;
    try {
      const [{ startVersionWatch }] = await Promise.all([loaded(import('./on-demand')), met]);
      watch = startVersionWatch(parts);
    } catch (error) {
      starting = undefined;
      emit('versioncheck', { ok: false, failures: failures() + 1, error: error as TileCacheError });
    }
  }

  return { start: () => (starting ??= begin()), current: () => watch };
}
