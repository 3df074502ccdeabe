import { TileCacheError } from '../../src/shared/errors';

/** Returns whether a header can carry the value by itself: printable ASCII without spaces. */
export function isSecret(value: string): boolean {
  return /^[!-~]+$/.test(value);
}

/**
 * Throws `INVALID_OPTION` for a secret that no header can carry, usually because of a line break at the end of a file.
 * It runs before the secret is used, because the platform's own error would quote it.
 */
export function checkSecret(value: string | undefined, field: string): void {
  if (value === undefined || value === '' || isSecret(value)) return;
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field,
    message: `${field} must be printable ASCII without spaces and line breaks.`,
    remedy: `Trim ${field}, and check where it is read from.`,
  });
}
