import { TileCacheError } from '../../src/shared/errors';

/**
 * Creates the error that names a wrong option. It does not quote the database or its driver, because both quote their
 * input.
 */
export function wrong(field: string, why: string, remedy = 'See sw-tile-cache detect --help.'): TileCacheError {
  return new TileCacheError({ code: 'INVALID_OPTION', field, message: `${field}: ${why}.`, remedy });
}
