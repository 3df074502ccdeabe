import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entries } from '../../scripts/entries.mjs';

const folders = { src: 'page', sw: 'worker', server: 'origin' } as const;

/** Names that an entry point exports, as its source spells them. */
function exported(source: string): string[] {
  const text = readFileSync(source, 'utf8');
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) => list!.split(','));
  const named = lists
    .map((item) =>
      item
        .trim()
        .replace(/^type /, '')
        .split(' as ')
        .at(-1)!
        .trim(),
    )
    .filter(Boolean);
  const own = [...text.matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm)].map(
    ([, name]) => name!,
  );
  return [...new Set([...named, ...own])];
}

describe('the API reference (npm run api writes it)', () => {
  const pages = (world: keyof typeof folders) =>
    readdirSync(`docs/api/${folders[world]}`)
      .map((file) => readFileSync(`docs/api/${folders[world]}/${file}`, 'utf8'))
      .join('\n');

  it.each(Object.values(entries).map(({ source }) => source))('tells of everything that %s exports', (source) => {
    const text = pages(source.split('/')[0] as keyof typeof folders);
    const names = exported(source);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !new RegExp(`^#+ ${name}\\b`, 'm').test(text))).toEqual([]);
  });

  it('has no gap: each export and each field of it has a docstring', () => {
    execFileSync(process.execPath, ['scripts/api.mjs', '--check'], { stdio: ['ignore', 'ignore', 'pipe'] });
  }, 300_000);
});
