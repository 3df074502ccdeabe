import { TileCacheError, type TileCacheErrorCode } from './errors';
import { MAX_ZOOM, type BBox, type ZoomRange } from './tile';

/** Most tiles by which a box may be widened. */
export const MAX_BUFFER = 64;

/** Throws the error that names a field of outside data. */
export function refuse(code: TileCacheErrorCode, field: string, must: string, remedy = `Correct ${field}.`): never {
  throw new TileCacheError({ code, field, message: `${field} must be ${must}.`, remedy });
}

/** True for a name that a layer may bear: 1 to 128 characters, no control characters, no lone surrogates. */
export function isLayerName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 128 && !/[\p{Cc}\p{Cs}]/u.test(value);
}

/** True for a version: 1 to 128 printable ASCII characters without whitespace. */
export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,128}$/.test(value);
}

/** True for an integer from `min` to `max`. */
export function isInteger(value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** True for an object that is no array; its own fields are read, whatever its prototype. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field's value if it is an own one, so that nothing inherited counts as data. */
export function own(record: object, name: string): unknown {
  return Object.hasOwn(record, name) ? (record as Record<string, unknown>)[name] : undefined;
}

export function readLayerName(value: unknown, field: string, code: TileCacheErrorCode): string {
  return isLayerName(value) ? value : refuse(code, field, 'a name of 1 to 128 characters without control characters');
}

export function readVersion(value: unknown, field: string, code: TileCacheErrorCode): string {
  return isVersion(value) ? value : refuse(code, field, 'a string of 1 to 128 printable ASCII characters without spaces');
}

export function readRevision(value: unknown, field: string, code: TileCacheErrorCode): number {
  return isInteger(value, 0) ? value : refuse(code, field, 'a non-negative safe integer');
}

/** A box in degrees: west and east in [-180, 180] (west > east crosses the antimeridian), south <= north. */
export function readBBox(value: unknown, field: string, code: TileCacheErrorCode): BBox {
  if (!Array.isArray(value) || value.length !== 4) refuse(code, field, '[west, south, east, north]');
  const limits = [180, 90, 180, 90];
  limits.forEach((limit, i) => {
    if (!(Math.abs(typeof value[i] === 'number' ? value[i] : NaN) <= limit))
      refuse(code, `${field}[${i}]`, `a number from -${limit} to ${limit}`);
  });
  if (value[1] > value[3]) refuse(code, `${field}[1]`, 'at most north', `Give ${field} as [west, south, east, north].`);
  return [value[0], value[1], value[2], value[3]];
}

/** A zoom range `[min, max]`, both included. */
export function readZooms(value: unknown, field: string, code: TileCacheErrorCode): ZoomRange {
  if (!Array.isArray(value) || value.length !== 2) refuse(code, field, '[min, max]');
  value.forEach((zoom, i) => {
    if (!isInteger(zoom, 0, MAX_ZOOM)) refuse(code, `${field}[${i}]`, `an integer from 0 to ${MAX_ZOOM}`);
  });
  if (value[0] > value[1]) refuse(code, `${field}[0]`, 'at most the maximum', `Give ${field} as [min, max].`);
  return [value[0], value[1]];
}

/** One of the words. */
export function readWord<W extends string>(value: unknown, words: readonly W[], field: string, code: TileCacheErrorCode): W {
  return words.includes(value as W) ? (value as W) : refuse(code, field, words.map((word) => `'${word}'`).join(' or '));
}
