import type { Env } from '../page/env';
import type { TileCacheClient } from '../page/types';
import type { WorkerLink } from '../worker/link';
import { onDemand } from './load-on-demand';
import { retried } from './retried';

/** Keeps the worker awake while it has to ask again for tiles of another version, after it would have been stopped. */
export function stayAwake(env: Env, link: WorkerLink, on: TileCacheClient['on']): void {
  const load = retried(() => onDemand().then(({ createKeepAwake }) => createKeepAwake(env, link)));
  const again = () => {
    load()
      .then((prolong) => prolong())
      .catch(() => {});
  };
  on('notice', ({ notice }) => notice === 'versionmismatch' && again());
  // A notice comes only once a minute, and may have gone to an earlier page.
  on('used', ({ uses }) => uses.some(({ versionMismatch }) => versionMismatch) && again());
}
