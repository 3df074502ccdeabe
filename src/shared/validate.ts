import { TileCacheError, type TileCacheErrorCode } from './errors';
import { nearest } from './nearest';
import { MAX_ZOOM, type BBox, type ZoomRange } from './tile';

/** Checks a value of outside data and gives it back; throws `TileCacheError` with the code, naming the field. */
export type Read<T> = (value: unknown, field: string, code: TileCacheErrorCode) => T;

/** A reader for each field of `T`. */
export type Readers<T> = { [K in keyof T]-?: Read<Exclude<T[K], undefined>> };

/** Throws the error that names a field. */
export function refuse(code: TileCacheErrorCode, field: string, must: string, remedy?: string): never {
  throw new TileCacheError({ code, field, message: `${field} must be ${must}`, remedy: remedy ?? `Correct ${field}.` });
}

/** True for a name that a layer may bear: 1 to 128 characters, no control characters, no lone surrogates. */
export function isLayerName(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}\p{Cs}]+$/u.test(value) && value.length <= 128;
}

/** True for a version: 1 to 128 printable ASCII characters without whitespace. */
export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,128}$/.test(value);
}

/** True for a safe integer from `min` to `max`. */
export function isInteger(value: unknown, min: number, max = Infinity): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** True for an object that is no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field's value if it is an own one, so that nothing inherited counts as data. */
export function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** A reader from a test. */
export const rule =
  <T>(test: (value: unknown) => boolean, must: string): Read<T> =>
  (value, field, code) =>
    test(value) ? (value as T) : refuse(code, field, must);

export const integer = (min: number, max?: number) =>
  rule<number>((value) => isInteger(value, min, max), `an integer from ${min}${max ? ` to ${max}` : ''}`);

/** A string that a pattern holds whole. */
export const text = (pattern: RegExp, must: string) =>
  rule<string>((value) => typeof value === 'string' && pattern.test(value), must);

export const word =
  <W extends string>(...words: W[]): Read<W> =>
  (value, field, code) =>
    readWord(value, words, field, code);

/** One of the words. */
export function readWord<W extends string>(
  value: unknown,
  words: readonly W[],
  field: string,
  code: TileCacheErrorCode,
): W {
  return words.includes(value as W) ? (value as W) : refuse(code, field, words.join(' or '));
}

/** An array, each item read by itself. */
export const list =
  <T>(read: Read<T>, min: number, max: number): Read<T[]> =>
  (value, field, code) =>
    Array.isArray(value) && value.length >= min && value.length <= max
      ? Array.from(value, (item, i) => read(item, `${field}[${i}]`, code))
      : refuse(code, field, `a list of ${min === max ? min : `${min} to ${max}`}`);

/** An object, each known field read by itself. Unknown ones are left out, or refused with the code `strict`. */
export const record =
  <T extends object>(readers: Readers<T>, strict?: TileCacheErrorCode): Read<T> =>
  (value, field, code) => {
    if (!isRecord(value)) refuse(code, field || 'data', 'an object');
    const result: Partial<T> = {};
    for (const [name, item] of Object.entries(value)) {
      const path = field ? `${field}.${name}` : name;
      const read = own<Read<T[keyof T]>>(readers, name);
      if (read && item !== undefined) result[name as keyof T] = read(item, path, code);
      else if (!read && strict) unknown(strict, path, name, Object.keys(readers));
    }
    return result as T;
  };

function unknown(code: TileCacheErrorCode, path: string, name: string, known: string[]): never {
  const field = path.slice(0, 256);
  const near = /* @__PURE__ */ nearest(name, known);
  const remedy = near ? `Did you mean ${near}?` : `Use ${known.join(', ')}.`;
  throw new TileCacheError({ code, field, message: `${field} is unknown`, remedy });
}

export const readLayerName: Read<string> = rule(isLayerName, 'a string of 1 to 128 characters, no control characters');
export const readVersion: Read<string> = rule(isVersion, 'a string of 1 to 128 printable ASCII characters, no spaces');
export const readRevision = integer(0);
export const readScope = word('tiles', 'metadata');

const degrees = list(
  rule<number>(
    (value) => Math.abs(typeof value === 'number' ? value : NaN) <= 180,
    'degrees, a number from -180 to 180',
  ),
  4,
  4,
);
const zoomPair = list(integer(0, MAX_ZOOM), 2, 2);

/** A box in degrees: west and east in [-180, 180] (west > east crosses the antimeridian), south <= north. */
export const readBBox: Read<BBox> = (value, field, code) => {
  const [west, south, east, north] = degrees(value, field, code) as [number, number, number, number];
  if (!(south >= -90 && south <= north)) refuse(code, `${field}[1]`, '-90 to north');
  if (north > 90) refuse(code, `${field}[3]`, 'at most 90');
  return [west, south, east, north];
};

/** A zoom range `[min, max]`, both included. */
export const readZooms: Read<ZoomRange> = (value, field, code) => {
  const [min, max] = zoomPair(value, field, code) as [number, number];
  return min <= max ? [min, max] : refuse(code, `${field}[0]`, 'at most the maximum');
};
