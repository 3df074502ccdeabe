import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync('.cache/regions-docs-');
afterAll(() => rmSync(folder, { recursive: true }));

const blocks = ['docs/regions.md', 'docs/offline.md', 'docs/pmtiles.md'].flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code!),
);
const isWorker = (code: string) => code.includes("sw-tile-cache/sw'");

/** Compiles blocks in the world that they are for; the compiler's complaints. */
function compile(world: 'src' | 'sw', chosen: readonly string[]): string {
  const home = join(folder, world);
  mkdirSync(home);
  const files = chosen.map((code, index) => {
    writeFileSync(join(home, `block-${index}.ts`), `${code}\nexport {};\n`);
    return `block-${index}.ts`;
  });
  const paths = {
    'sw-tile-cache/sw': ['../../../sw/index.ts'],
    'sw-tile-cache/sw/*': ['../../../sw/*.ts'],
    'sw-tile-cache': ['../../../src/index.ts'],
    'sw-tile-cache/*': ['../../../src/*.ts'],
  };
  const compilerOptions = { noUnusedLocals: false, paths };
  const extended = `../../../${world}/tsconfig.json`;
  writeFileSync(
    join(home, 'tsconfig.json'),
    JSON.stringify({ extends: extended, compilerOptions, include: [], files }),
  );
  try {
    execFileSync(process.execPath, ['node_modules/typescript-native/bin/tsc', '-p', home], { encoding: 'utf8' });
    return '';
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

describe('the code of docs/regions.md, docs/offline.md and docs/pmtiles.md', () => {
  it('has blocks for both worlds', () => {
    expect(blocks.filter(isWorker).length).toBeGreaterThan(1);
    expect(blocks.filter((code) => !isWorker(code)).length).toBeGreaterThan(2);
  });
  it('compiles in the worker', { timeout: 120_000 }, () => expect(compile('sw', blocks.filter(isWorker))).toBe(''));
  it('compiles in the page', { timeout: 120_000 }, () =>
    expect(
      compile(
        'src',
        blocks.filter((code) => !isWorker(code)),
      ),
    ).toBe(''),
  );
});
