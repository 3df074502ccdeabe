import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const files = ['src', 'sw', 'server'].flatMap((world) =>
  readdirSync(world, { recursive: true })
    .map((file) => `${world}/${String(file)}`)
    .filter((file) => file.endsWith('.ts')),
);

/** Paths that a file imports: statically or on demand, values or types. */
function importedBy(text: string): string[] {
  const statements = text.matchAll(/(?:^(?:import|export)[^'"]*?from\s+|^import\s+|\bimport\(\s*)['"](\.[^'"]+)['"]/gm);
  return [...statements].map(([, path]) => path!);
}

function importsOf(file: string): string[] {
  return importedBy(readFileSync(file, 'utf8'))
    .map((path) => `${normalize(join(dirname(file), path))}.ts`)
    .filter(existsSync);
}

/** Groups of files that import one another in a circle (Tarjan's algorithm). */
function cycles(graph: ReadonlyMap<string, string[]>): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string) => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file)!, low.get(next)!));
    }
    if (low.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

describe('imports', () => {
  it('have no cycle, including types and imports on demand', () => {
    const graph = new Map(files.map((file) => [file, importsOf(file)]));
    expect(cycles(graph)).toEqual([]);
  });

  it('are all found: static and on demand, values and types', () => {
    const text = [
      `import { a } from './a';`,
      `import type { B } from '../b';`,
      `import './c';`,
      `export { d } from './d';`,
      `import {`,
      `  e,`,
      `} from './e';`,
      `void import('./f').then(() => {});`,
      `type G = typeof import('./g');`,
      `import h from 'h';`,
    ];
    expect(importedBy(text.join('\n'))).toEqual(['./a', '../b', './c', './d', './e', './f', './g']);
  });

  it('are checked in a way that finds a cycle', () => {
    expect(
      cycles(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['a', 'd']],
          ['d', []],
        ]),
      ),
    ).toEqual([['a', 'b', 'c']]);
  });
});
