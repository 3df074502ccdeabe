import { TileCacheError } from './errors';
import { RUM_LIMITS } from './rum-schema';

/** Matches control characters. A name must not contain them: they could break a line of a log. */
export const CONTROL = /[\u0000-\u001f\u007f]/;

/** Reads an object. */
export function record(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(at, 'must be an object');
  return value as Record<string, unknown>;
}

/** Reads an array with at most `most` entries. */
export function list(value: unknown, at: string, most: number): unknown[] {
  if (!Array.isArray(value)) refuse(at, 'must be an array');
  if (value.length > most) refuse(at, `holds more than ${most} entries`);
  return value;
}

/** Reads a number from 0 to `most`. */
export function number(value: unknown, at: string, most: number): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= most)) refuse(at, `must be a number from 0 to ${most}`);
  return value;
}

/** Reads an integer from 0 to `most`. */
export function integer(value: unknown, at: string, most: number): number {
  if (!Number.isInteger(number(value, at, most))) refuse(at, 'must be a whole number');
  return value as number;
}

/** Reads an identifier or a name. */
export function name(value: unknown, at: string): string {
  if (typeof value !== 'string' || !value || value.length > RUM_LIMITS.name || CONTROL.test(value)) {
    refuse(at, `must be a string of 1 to ${RUM_LIMITS.name} characters`);
  }
  return value;
}

/** Reads one of these values. */
export function oneOf<T extends string>(values: readonly T[], value: unknown, at: string): T {
  if (!values.includes(value as T)) refuse(at, `must be one of ${values.join(', ')}`);
  return value as T;
}

/** Throws `INVALID_BEACON`, which names the field. */
export function refuse(field: string, why: string): never {
  throw new TileCacheError({
    code: 'INVALID_BEACON',
    message: `${field} ${why}.`,
    remedy: 'Send the beacon that schema 1 describes.',
    field,
  });
}
