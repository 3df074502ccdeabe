import { parseArgs, type ParseArgsConfig } from 'node:util';

/** What is wrong with an option whose first value would be lost. */
export const TWICE = 'is given more than once';

/**
 * As `parseArgs`, which takes the last one of an option that is given twice in silence: of two `--bbox` one would be
 * published, and the other one's tiles stayed old. Throws for it as for every other mistake.
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
