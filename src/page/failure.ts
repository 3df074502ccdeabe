import { TileCacheError, type TileCacheErrorCode } from '../shared/errors';

/** Creates a `TileCacheError` in one line. */
export function failure(code: TileCacheErrorCode, message: string, remedy: string, cause?: unknown): TileCacheError {
  return new TileCacheError({ code, message, remedy }, { cause });
}
