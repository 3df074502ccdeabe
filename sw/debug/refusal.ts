import { isTileCacheError } from '../../src/shared/errors';

/** What a refused option says on the console: the code, the reason, the remedy. Other errors stay as they are. */
export function refusal(error: unknown): unknown {
  return isTileCacheError(error) ? `sw-tile-cache ${error.code}: ${error.message}\n${error.remedy}` : error;
}

/** Runs `work`; what it throws goes to the console with its remedy, and on to the caller. */
export function explaining<T>(work: () => T, { error }: Pick<Console, 'error'> = console): T {
  try {
    return work();
  } catch (cause) {
    error(refusal(cause));
    throw cause;
  }
}
