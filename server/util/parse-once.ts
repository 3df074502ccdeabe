import { parseArgs, type ParseArgsConfig } from 'node:util';
import { nearest } from '../../src/shared/nearest';

/** The reason for refusing an option that is given twice. */
export const TWICE = 'is given more than once';

/**
 * Parses as `parseArgs` does, but throws for an option that is given twice. `parseArgs` silently takes the last one: of
 * two `--bbox`, one would be published, and the other's tiles would stay old. The error for an unknown option names the
 * one that was probably meant.
 */
export function parseOnce<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const parsed = parsedOrMeant({ ...config, tokens: true });
  const seen = new Set<string>();
  for (const token of parsed.tokens ?? []) {
    if (token.kind !== 'option') continue;
    const { type, multiple = false } = config.options?.[token.name] ?? {};
    if (type === 'string' && !multiple && seen.has(token.name)) throw new Error(`Option '--${token.name}' ${TWICE}`);
    seen.add(token.name);
  }
  return parsed as unknown as ReturnType<typeof parseArgs<T>>;
}

function parsedOrMeant<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const given = /^Unknown option '--([\w-]{1,64})/.exec((error as Error).message)?.[1];
    const near = given && nearest(given, Object.keys(config.options ?? {}));
    throw near ? new Error(`Unknown option '--${given}' (did you mean --${near}?)`, { cause: error }) : error;
  }
}
