import { failure } from '../client/failure';
import type { TileCacheError } from '../shared/errors';

/** A script that could not be had says nothing of the script: the network, or an origin that is out of order. */
const NOT_HAD = /fetching|network|load failed|failed to load|http|timed? ?out/i;

/** The part of a registration that is watched. */
type Watched = Pick<ServiceWorkerRegistration, 'installing' | 'update' | 'addEventListener'>;

/**
 * Tells of updates of the worker that fail: a browser goes on with the old worker and says nothing to the page. One that
 * throws while it is evaluated never becomes a worker: only asking for the update tells. One whose install event fails is
 * redundant before it was installed. Never throws.
 */
export function watchUpdates(
  registration: Watched,
  tell: (error: TileCacheError) => void,
  { signal, existed, onLine }: { signal: AbortSignal; existed: boolean; onLine: () => boolean },
): void {
  const say = (message: string, cause?: unknown) =>
    signal.aborted ||
    tell(
      failure('UPDATE_FAILED', message, 'The old worker goes on. See the worker’s console for what it threw.', cause),
    );

  const follow = () => {
    const worker = registration.installing;
    worker?.addEventListener(
      'statechange',
      () => {
        if (worker.state === 'redundant') say('A new worker could not be installed.');
      },
      { signal, once: true },
    );
  };
  registration.addEventListener('updatefound', follow, { signal });
  follow();
  if (!existed || !onLine()) return;
  // A registration of the same script resolves at once, whatever becomes of the update that it starts.
  registration.update().catch((cause: unknown) => {
    const { name = '', message = '' } = (cause ?? {}) as Partial<Error>;
    if (name === 'TypeError' && !NOT_HAD.test(message)) say('The new worker script threw.', cause);
  });
}
