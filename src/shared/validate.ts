import { TileCacheError, type TileCacheErrorCode } from './errors';
import { nearest } from './nearest';
import { MAX_ZOOM, type BBox, type ZoomRange } from './tile';

/** Checks a value from outside and returns it. Throws `TileCacheError` with this code, which names the field. */
export type Read<T> = (value: unknown, field: string, code: TileCacheErrorCode) => T;

/** A reader for each field of `T`. */
export type Readers<T> = { [K in keyof T]-?: Read<Exclude<T[K], undefined>> };

/** Throws an error that names a field. */
export function refuse(code: TileCacheErrorCode, field: string, must: string, remedy?: string): never {
  throw new TileCacheError({ code, field, message: `${field} must be ${must}`, remedy: remedy ?? `Correct ${field}.` });
}

/** Returns true for a valid name of a layer: 1 to 128 characters, no control characters, no lone surrogates. */
export function isLayerName(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}\p{Cs}]+$/u.test(value) && value.length <= 128;
}

/** Returns true for a valid version: 1 to 128 printable ASCII characters without spaces. */
export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,128}$/.test(value);
}

/** Returns true for a safe integer from `min` to `max`. */
export function isInteger(value: unknown, min: number, max = Infinity): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

/** Returns true for an object that is not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the value of an own property, so that nothing inherited counts as data. */
export function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Creates a reader from a test. */
export const rule =
  <T>(test: (value: unknown) => boolean, must: string): Read<T> =>
  (value, field, code) =>
    test(value) ? (value as T) : refuse(code, field, must);

/** Reads a boolean. */
export const flag = rule<boolean>((value) => typeof value === 'boolean', 'true or false');

export const integer = (min: number, max?: number) =>
  rule<number>((value) => isInteger(value, min, max), `an integer from ${min}${max ? ` to ${max}` : ''}`);

/** Creates a reader for a string that must match a pattern. */
export const text = (pattern: RegExp, must: string) =>
  rule<string>((value) => typeof value === 'string' && pattern.test(value), must);

export const word =
  <W extends string>(...words: W[]): Read<W> =>
  (value, field, code) =>
    readWord(value, words, field, code);

/** Reads one of these words. */
export function readWord<W extends string>(
  value: unknown,
  words: readonly W[],
  field: string,
  code: TileCacheErrorCode,
): W {
  return words.includes(value as W) ? (value as W) : refuse(code, field, `${words.join(' or ')}`);
}

/** Creates a reader for an array of such items. */
export const list =
  <T>(read: Read<T>, min: number, max: number): Read<T[]> =>
  (value, field, code) =>
    Array.isArray(value) && value.length >= min && value.length <= max
      ? Array.from(value, (item, i) => read(item, `${field}[${i}]`, code))
      : refuse(code, field, `a list of ${min === max ? min : `${min} to ${max}`}`);

/**
 * Creates a reader for an object with these fields. It leaves unknown fields out, or refuses them with the code
 * `strict`.
 */
export const record =
  <T extends object>(readers: Readers<T>, strict?: TileCacheErrorCode): Read<T> =>
  (value, field, code) => {
    if (!isRecord(value)) refuse(code, field || 'data', 'an object');
    const result: Partial<T> = {};
    for (const [name, item] of Object.entries(value)) {
      const path = field ? `${field}.${name}` : name;
      const read = own<Read<T[keyof T]>>(readers, name);
      if (read && item !== undefined) result[name as keyof T] = read(item, path, code);
      else if (!read && strict) unknown(strict, path, name, readers);
    }
    return result as T;
  };

/** Creates a reader that also refuses an object without these fields. */
export const having =
  <T extends object>(read: Read<T>, ...names: Array<keyof T & string>): Read<T> =>
  (value, field, code) => {
    const result = read(value, field, code);
    for (const name of names) if (result[name] === undefined) refuse(code, field ? `${field}.${name}` : name, 'there');
    return result;
  };

function unknown(code: TileCacheErrorCode, path: string, name: string, readers: object): never {
  const field = path.slice(0, 256);
  const known = /* @__PURE__ */ Object.keys(readers);
  const near = /* @__PURE__ */ nearest(name, known);
  throw new TileCacheError({
    code,
    field,
    message: `${field} is unknown`,
    remedy: near ? `Did you mean ${near}?` : `Use ${known.join(', ')}.`,
  });
}

/** Throws `INVALID_OPTION` for an option that is none of these: a misspelt one would have no effect, without a word. */
export function refuseUnknown(options: object, known: object): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(known, name)) unknown('INVALID_OPTION', name, name, known);
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

/** Reads a box in degrees: west and east in [-180, 180] (west > east crosses the antimeridian), south <= north. */
export const readBBox: Read<BBox> = (value, field, code) => {
  const [west, south, east, north] = degrees(value, field, code) as [number, number, number, number];
  if (!(south >= -90 && south <= north)) refuse(code, `${field}[1]`, '-90 to north');
  if (north > 90) refuse(code, `${field}[3]`, 'at most 90');
  return [west, south, east, north];
};

/** Reads a range of zooms `[min, max]`, both included. */
export const readZooms: Read<ZoomRange> = (value, field, code) => {
  const [min, max] = zoomPair(value, field, code) as [number, number];
  return min <= max ? [min, max] : refuse(code, `${field}[0]`, 'at most the maximum');
};
