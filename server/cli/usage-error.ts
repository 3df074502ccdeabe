import { TileCacheError } from '../../src/shared/errors';

/** A refusal that names the option. */
export const usage = (field: string, why: string, cause?: unknown) =>
  new TileCacheError(
    { code: 'INVALID_OPTION', field, message: `${field}: ${why}.`, remedy: 'See sw-tile-cache --help.' },
    { cause },
  );
