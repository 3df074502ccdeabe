import { isRecord, own, refuse, rule, type Read } from '../../src/shared/validate';

/** The code of all errors about options. */
export const CODE = 'INVALID_OPTION';

/** Reads a function. Its parameters cannot be checked in advance. */
export const callable = <F>(): Read<F> => rule<F>((value) => typeof value === 'function', 'a function');

/** Reads a number from `min` to `max`, both included. NaN is refused. */
export const number = (min: number, max: number, must: string): Read<number> =>
  rule<number>((value) => typeof value === 'number' && value >= min && value <= max, must);

/** Reads seconds that a header or a timer can hold. */
export const seconds = number(0, Number.MAX_SAFE_INTEGER, 'finite, 0 or more seconds');

/** Reads seconds that may be infinite. */
export const endlessSeconds = number(0, Infinity, '0 or more seconds (or Infinity)');

/** Reads an object with these methods, which may be inherited. */
export const able = <T>(must: string, ...methods: string[]): Read<T> =>
  rule<T>(
    (value) => isRecord(value) && methods.every((method) => typeof value[method] === 'function'),
    `${must}, with ${methods.join(', ')}`,
  );

/** Checks the options of a part. `required`: names of options without a default. */
export function checkOwnOptions<T extends object>(
  options: T,
  reader: Read<T>,
  ...required: Array<keyof T & string>
): void {
  if (!isRecord(options)) refuse(CODE, 'options', 'an object');
  reader(options, '', CODE);
  for (const name of required) if (own(options, name) === undefined) refuse(CODE, name, 'given', `Give ${name}.`);
}
