import { TileCacheError } from '../../src/shared/errors';

/** Creates the error that names a wrong option. */
export const usage = (field: string, why: string, cause?: unknown) =>
  new TileCacheError(
    { code: 'INVALID_OPTION', field, message: `${field}: ${why}.`, remedy: 'See sw-tile-cache --help.' },
    { cause },
  );
