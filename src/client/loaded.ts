import { failure } from '../page/failure';

/** Waits for a script loaded on demand, which may be out of reach. */
export function loaded<T>(script: Promise<T>): Promise<T> {
  return script.catch((cause: unknown) => {
    throw failure('NETWORK_FAILED', 'A chunk of the client failed to load.', 'Precache it.', cause);
  });
}
