import type { ClientState } from '../page/types';
import type { TileCacheError } from '../shared/errors';
import type { WorkerLink } from '../worker/link';
import { createWorkerLink, type WatchRegistration } from '../worker/worker-link';
import { onDemand } from './load-on-demand';
import type { ClientParts } from './parts';

/**
 * Links the page to its worker, which it does not register if that is `off`. Reports states and failed updates as
 * events. Calls `changed` whenever another worker may have become active. Returns the link, and the state that the page
 * was told last.
 */
export function linkWorker(
  { env, settings, emit, closed }: Pick<ClientParts, 'env' | 'settings' | 'emit' | 'closed'>,
  off: boolean,
  changed: () => void,
): [link: WorkerLink, state: () => ClientState] {
  let state: ClientState = 'pending';
  const { serviceWorker, ...others } = settings;
  const follow = () => {
    const previous = state;
    state = link.state;
    changed();
    if (state !== previous) emit('statechange', { state, previous, error: link.error });
  };
  const watch: WatchRegistration = (found, failed) => {
    const existed = found.active != null;
    const tell = (error: TileCacheError) => {
      failed(error);
      emit('updatefailed', { error });
    };
    onDemand()
      .then(({ watchUpdates }) => watchUpdates(found, tell, { signal: closed, existed, onLine: env.onLine }))
      .catch(() => {});
  };
  const link = createWorkerLink(env, off ? others : settings, follow, closed, watch);
  return [link, () => state];
}
