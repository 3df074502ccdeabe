import { TileCacheError } from '../../src/shared/errors';

/** A refusal that names the option. Nothing of what the database or its driver said: both quote what they were given. */
export function wrong(field: string, why: string, remedy = 'See sw-tile-cache detect --help.'): TileCacheError {
  return new TileCacheError({ code: 'INVALID_OPTION', field, message: `${field}: ${why}.`, remedy });
}
