import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The reason for refusing an option that is given twice. */
export const TWICE = 'is given more than once';

/**
 * Parses as `parseArgs` does, but throws for an option that is given twice. `parseArgs` silently takes the last one: of
 * two `--bbox`, one would be published, and the other's tiles would stay old.
 */
export function parseOnce<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const parsed = parseArgs({ ...config, tokens: true });
  const seen = new Set<string>();
  for (const token of parsed.tokens ?? []) {
    if (token.kind !== 'option') continue;
    const { type, multiple = false } = config.options?.[token.name] ?? {};
    if (type === 'string' && !multiple && seen.has(token.name)) throw new Error(`Option '--${token.name}' ${TWICE}`);
    seen.add(token.name);
  }
  return parsed as unknown as ReturnType<typeof parseArgs<T>>;
}
