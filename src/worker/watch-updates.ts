import { failure } from '../page/failure';
import { randomId } from '../page/random-id';
import type { TileCacheError } from '../shared/errors';

/**
 * Matches errors of downloading the script: the network failed, or the origin answered with an error. They say nothing
 * about the script itself.
 */
const NOT_HAD = /fetching|network|load failed|failed to load|http|timed? ?out/i;

/** The part of a registration to watch. */
type Watched = Pick<ServiceWorkerRegistration, 'installing' | 'active' | 'update' | 'addEventListener'>;

/**
 * Reports failed updates of the worker: a browser continues with the old worker and tells the page nothing. If a script
 * throws when it is evaluated, no worker appears, and only `update()` rejects. If an install event fails, the new
 * worker becomes redundant without ever being installed. Never throws.
 */
export function watchUpdates(
  registration: Watched,
  tell: (error: TileCacheError) => void,
  { signal, existed, onLine }: { signal: AbortSignal; existed: boolean; onLine: () => boolean },
): void {
  const say = (message: string, cause?: unknown) => {
    if (signal.aborted) return;
    const error = failure(
      'UPDATE_FAILED',
      message,
      'The old worker continues. See the error in the worker’s console.',
      cause,
    );
    // Also warn on the console: the page may have no listener, and seems to work as if nothing were wrong.
    console.warn(`sw-tile-cache: ${error.message} ${error.remedy}`, cause ?? '');
    tell(error);
  };

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
  // `register()` with the same script resolves at once, whatever happens to the update that it starts.
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
 * Resolves when the worker answers, and never if it does not. Chromium never finishes the update of a hanging worker,
 * and cannot unregister the worker before that. So the page requests an update only from a worker that answers.
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
