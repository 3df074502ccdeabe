import { isRecord, readLayerName, record, refuse, rule, type Read } from '../../src/shared/validate';
import type { TileCacheErrorCode } from '../../src/shared/errors';
import { callable, CODE } from '../util/option-readers';
import type { HookOptions } from './hook-handler';

/** A name that can stand in a path. */
const NAME = /^[\w.-]{1,64}$/;

/** Reads the option `hooks`. `secret` also refuses values that no header could carry. */
export const readHooks = (
  value: unknown,
  field: string,
  code: TileCacheErrorCode,
  secret: Read<string>,
): Record<string, HookOptions> => {
  if (!isRecord(value)) refuse(code, field, 'an object of hooks by name');
  const hook = record<HookOptions>(
    {
      secret: (given, at, ...rest) => {
        const read = secret(given, at, ...rest);
        return read.length >= 16
          ? read
          : refuse(CODE, at, 'at least 16 characters long', 'Make one with openssl rand -hex 32.');
      },
      layer: readLayerName,
      publication: callable(),
      maxAge: rule(
        (seconds) => typeof seconds === 'number' && seconds > 0 && seconds <= 86_400,
        'above 0, 86400 at most',
      ),
    },
    CODE,
  );
  for (const [name, options] of Object.entries(value)) {
    if (!NAME.test(name)) refuse(code, `${field}.${name.slice(0, 64)}`, 'a name of letters, digits, _, . and -');
    const read = hook(options, `${field}.${name}`, CODE);
    if (read.secret === undefined) refuse(code, `${field}.${name}.secret`, 'given');
  }
  return value as Record<string, HookOptions>;
};
