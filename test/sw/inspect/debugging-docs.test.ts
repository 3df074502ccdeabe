import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TileInspection } from '../../../src/shared/inspect';
import { SITUATIONS } from './situations';

/** The values of an inspection that the page may name, and where the inspection contains them. */
const NAMED: Record<string, (told: TileInspection) => unknown> = {
  answer: ({ answer }) => answer.reason.token,
  kind: ({ answer }) => answer.kind,
  offline: ({ offline }) => offline.reason.token,
  ledger: ({ ledger }) => ledger?.by?.token,
  lifetime: ({ stored }) => stored?.lifetimeFrom,
  status: ({ stored }) => String(stored?.status),
  dead: ({ network }) => String(network?.dead),
  off: ({ network }) => network?.off,
  older: ({ older }) => older?.join(),
  unstored: ({ last }) => last?.unstored,
};

interface Told {
  title: string;
  named: Array<[name: string, value: string]>;
}

/** Returns each `### title` with the line under it: "The inspector says: answer `fresh`, offline `too-old`." */
function readPage(): Told[] {
  const page = readFileSync('docs/debugging.md', 'utf8');
  return [...page.matchAll(/^### (.+)\n\nThe inspector says: (.+)\.$/gm)].map(([, title, line]) => ({
    title: title!,
    named: [...line!.matchAll(/(\w+) `([^`]+)`/g)].map(([, name, value]) => [name!, value!]),
  }));
}

describe('docs/debugging.md', () => {
  const told = readPage();

  it('describes exactly the situations that the tests set up', () => {
    expect(told.map(({ title }) => title).sort()).toEqual(Object.keys(SITUATIONS).sort());
    expect(told.length).toBeGreaterThanOrEqual(30);
    expect(told.every(({ named }) => named.some(([name]) => name === 'answer'))).toBe(true);
  });

  it.each(told)('$title: the inspector reports the values in the page', async ({ title, named }) => {
    const inspection = await SITUATIONS[title]!();
    const said = named.map(([name]) => [name, NAMED[name]?.(inspection)]);
    expect(said).toEqual(named);
    expect(inspection.words.length).toBeGreaterThan(0);
  });
});
