// docs/http.md lists every word that may occur in an answer's headers. The test takes the words from the code's types.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync('docs/http.md', 'utf8');
const section = (from: string, to: string) => page.slice(page.indexOf(from), page.indexOf(to));
/** Returns the members of a union of string literals, with `…` in place of variable parts. */
function membersOf(path: string, type: string): string[] {
  const source = readFileSync(path, 'utf8');
  const union = new RegExp(`export type ${type} =([^;]*);`).exec(source.replace(/\/\*\*[^]*?\*\//g, ''))![1]!;
  return [...union.matchAll(/['`]([^'`]+)['`]/g)].map(([, text]) => text!.replaceAll('${string}', '…'));
}
const rowsOf = (table: string) => [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, token]) => token!);

it('lists each clause that an answer may name, and no others', () => {
  const clauses = [
    ...membersOf('src/shared/clauses.ts', 'LedgerClause'),
    ...membersOf('src/shared/clauses.ts', 'Clause'),
  ];
  const told = rowsOf(section('### The clause that decided', '## What a worker cannot do'));
  expect(told.sort()).toEqual(clauses.sort());
  expect(new Set(clauses).size).toBe(25);
});

it('lists each detail of Cache-Status, and no others', () => {
  const details = membersOf('src/shared/status-detail.ts', 'StatusDetail');
  const told = rowsOf(section('### The detail of Cache-Status', '### The clause that decided'));
  expect(told.sort()).toEqual(details.sort());
  expect(details.length).toBeGreaterThan(15);
});

it('lists each reason to refuse a body', () => {
  const told = section('### The detail of Cache-Status', '### The clause that decided');
  const missing = membersOf('src/shared/status-detail.ts', 'Refusal').filter((text) => !told.includes(`\`${text}\``));
  expect(missing).toEqual([]);
});

it('lists each status of Server-Timing and each reason to ask the origin', () => {
  const told = section('## What each answer carries', '### The detail of Cache-Status');
  const words = [
    ...membersOf('src/shared/tile-use.ts', 'TileStatus'),
    'placeholder',
    ...membersOf('src/shared/cache-status.ts', 'ForwardReason'),
  ];
  expect(words.filter((word) => !told.includes(`\`${word}\``))).toEqual([]);
});
