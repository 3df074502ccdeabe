import { isTileCacheError } from '../../src/shared/errors';

/** The console text for a refused option: the code, the reason, the remedy. Returns other errors unchanged. */
export function refusal(error: unknown): unknown {
  return isTileCacheError(error) ? `sw-tile-cache ${error.code}: ${error.message}\n${error.remedy}` : error;
}

/** Runs `work`. Logs an error that it throws to the console with its remedy, and throws it again. */
export function explaining<T>(work: () => T, { error }: Pick<Console, 'error'> = console): T {
  try {
    return work();
  } catch (cause) {
    error(refusal(cause));
    throw cause;
  }
}
