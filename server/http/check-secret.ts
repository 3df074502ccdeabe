import { TileCacheError } from '../../src/shared/errors';

/** What may stand in a header by itself: printable ASCII without spaces. */
export function isSecret(value: string): boolean {
  return /^[!-~]+$/.test(value);
}

/**
 * Throws `INVALID_OPTION` for a secret that no header can carry. Checked before it is used: what the platform throws later
 * quotes the secret. A line break at the end of a file is the usual reason.
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
