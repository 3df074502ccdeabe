import { TileCacheError } from './errors';
import { RUM_LIMITS } from './rum-schema';

/** Control characters have no place in a name; they would end a line of a log. */
export const CONTROL = /[\u0000-\u001f\u007f]/;

/** The value, an object. */
export function record(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(at, 'must be an object');
  return value as Record<string, unknown>;
}

/** The value, an array of at most so many entries. */
export function list(value: unknown, at: string, most: number): unknown[] {
  if (!Array.isArray(value)) refuse(at, 'must be an array');
  if (value.length > most) refuse(at, `holds more than ${most} entries`);
  return value;
}

/** The value, a number from 0 to `most`. */
export function number(value: unknown, at: string, most: number): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= most)) refuse(at, `must be a number from 0 to ${most}`);
  return value;
}

/** The same, whole. */
export function integer(value: unknown, at: string, most: number): number {
  if (!Number.isInteger(number(value, at, most))) refuse(at, 'must be a whole number');
  return value as number;
}

/** The value, an identifier or a name. */
export function name(value: unknown, at: string): string {
  if (typeof value !== 'string' || !value || value.length > RUM_LIMITS.name || CONTROL.test(value)) {
    refuse(at, `must be a string of 1 to ${RUM_LIMITS.name} characters`);
  }
  return value;
}

/** The value, one of these. */
export function oneOf<T extends string>(values: readonly T[], value: unknown, at: string): T {
  if (!values.includes(value as T)) refuse(at, `must be one of ${values.join(', ')}`);
  return value as T;
}

/** Throws `INVALID_BEACON` with the field named. */
export function refuse(field: string, why: string): never {
  throw new TileCacheError({
    code: 'INVALID_BEACON',
    message: `${field} ${why}.`,
    remedy: 'Send the beacon that schema 1 describes.',
    field,
  });
}
