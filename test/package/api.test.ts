import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
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

  it.each(Object.values(entries).map(({ source }) => source))('documents everything that %s exports', (source) => {
    const text = pages(source.split('/')[0] as keyof typeof folders);
    const names = exported(source);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !new RegExp(`^#+ ${name}\\b`, 'm').test(text))).toEqual([]);
  });

  it('is complete: each field of an exported interface has a docstring (npm run api -- --check covers all)', () => {
    const all = Object.values(entries);
    const namesOf = (world: string) =>
      new Set(all.filter(({ source }) => source.startsWith(world)).flatMap(({ source }) => exported(source)));
    const sources = Object.keys(folders).flatMap((world) =>
      readdirSync(world, { recursive: true })
        .map((file) => `${world}/${String(file)}`)
        .filter((file) => file.endsWith('.ts')),
    );
    const world = (file: string) => (file.startsWith('src/shared/') ? '' : file.split('/')[0]!);
    expect(sources.flatMap((file) => gaps(file, namesOf(world(file))))).toEqual([]);
  });
});

/** Fields without a docstring in the interfaces of a file that are exported under one of the names. */
function gaps(file: string, names: ReadonlySet<string>): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  return source.statements
    .filter(ts.isInterfaceDeclaration)
    .flatMap(({ name, members }) =>
      members
        .filter((member) => names.has(name.text) && member.name && ts.getJSDocCommentsAndTags(member).length === 0)
        .map((member) => `${file}: ${name.text}.${member.name!.getText()}`),
    );
}
