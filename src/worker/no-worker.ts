import { failure } from '../page/failure';
import type { TileCacheError } from '../shared/errors';

/** Creates the error for a missing worker; `what` names the caller that waits for it. */
export const noWorker = (what: string): TileCacheError =>
  failure(
    'NO_WORKER',
    `No service worker can receive ${what}.`,
    'Serve the worker over https, and not to a sandboxed frame.',
  );
