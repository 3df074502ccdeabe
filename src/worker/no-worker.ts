import { failure } from '../page/failure';
import type { TileCacheError } from '../shared/errors';

/** Nobody is there; `what` is who or what waits for a worker. */
export const noWorker = (what: string): TileCacheError =>
  failure(
    'NO_WORKER',
    `No service worker to take ${what}.`,
    'Serve the worker, over https, and to no sandboxed frame.',
  );
