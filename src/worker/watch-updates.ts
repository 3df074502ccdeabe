import { failure } from '../page/failure';
import { randomId } from '../page/random-id';
import type { TileCacheError } from '../shared/errors';

/** A script that could not be had says nothing of the script: the network, or an origin that is out of order. */
const NOT_HAD = /fetching|network|load failed|failed to load|http|timed? ?out/i;

/** The part of a registration that is watched. */
type Watched = Pick<ServiceWorkerRegistration, 'installing' | 'active' | 'update' | 'addEventListener'>;

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
  const ask = () =>
    registration.update().catch((cause: unknown) => {
      const { name = '', message = '' } = (cause ?? {}) as Partial<Error>;
      if (name === 'TypeError' && !NOT_HAD.test(message)) say('The new worker script threw.', cause);
    });
  void answerOf(registration.active).then(() => {
    if (!signal.aborted) void ask();
  });
}

/**
 * Resolves when the worker answers; never, where it does not. Chromium's update of a worker that hangs never ends, and
 * nothing can unregister that worker before it has: only one that answers is asked for an update.
 */
export function answerOf(worker: Pick<ServiceWorker, 'postMessage'> | null): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    worker?.postMessage({ type: 'TILE_STATUS', id: randomId() }, [port2]);
  });
}
