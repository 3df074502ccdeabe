import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('docs/http.md lists each clause that an answer may name, and no other', () => {
  const source = readFileSync('src/shared/clauses.ts', 'utf8');
  const tokens = [...source.matchAll(/^ {2}\| '([\w-]+)'/gm)].map(([, token]) => token!);
  const page = readFileSync('docs/http.md', 'utf8');
  const table = page.slice(page.indexOf('### The clause that decided'), page.indexOf('## What a worker cannot do'));
  const told = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, token]) => token!);
  expect(told.sort()).toEqual(tokens.sort());
  expect(new Set(tokens).size).toBe(25);
});
