import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const text = readFileSync('README.md', 'utf8');
const blocks = [...text.matchAll(/```(ts|js)\n([^]*?)```/g)].map(([, language, code]) => ({
  language: language!,
  code: code!,
}));

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync('.cache/readme-');
afterAll(() => rmSync(folder, { recursive: true }));

const isWorker = (code: string) => /sw-tile-cache\/sw'|self\.addEventListener/.test(code);

/** Compiles blocks in their world and returns the compiler's errors. */
function compile(world: 'src' | 'sw', chosen: typeof blocks): string {
  const home = join(folder, world);
  mkdirSync(home);
  const files = chosen.map(({ language, code }, index) => {
    writeFileSync(join(home, `block-${index}.${language}`), `${code}\nexport {};\n`);
    return `block-${index}.${language}`;
  });
  // The reader supplies the map.
  writeFileSync(join(home, 'map.ts'), "import * as L from 'leaflet';\nexport const floods = L.tileLayer('');\n");
  const paths = {
    'sw-tile-cache/sw': ['../../../sw/index.ts'],
    'sw-tile-cache': ['../../../src/index.ts'],
    'sw-tile-cache/*': ['../../../src/*.ts'],
  };
  const compilerOptions = { allowJs: true, noUnusedLocals: false, paths };
  writeFileSync(
    join(home, 'tsconfig.json'),
    JSON.stringify({ extends: `../../../${world}/tsconfig.json`, compilerOptions, include: [], files }),
  );
  try {
    execFileSync(process.execPath, ['node_modules/typescript-native/bin/tsc', '-p', home], { encoding: 'utf8' });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe('README', () => {
  it('shows a worker and a page, each in five lines or so', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(3);
    for (const { code } of blocks.slice(0, 2))
      expect(code.split('\n').filter((line) => line.trim()).length).toBeLessThanOrEqual(5);
  });

  it("has code that compiles: the worker's", () => {
    expect(
      compile(
        'sw',
        blocks.filter(({ code }) => isWorker(code)),
      ),
    ).toBe('');
  }, 120_000);

  it("has code that compiles: the page's", () => {
    expect(
      compile(
        'src',
        blocks.filter(({ code }) => !isWorker(code)),
      ),
    ).toBe('');
  }, 120_000);

  it.each(['README.md', 'CONTRIBUTING.md', 'docs/README.md'])('%s links to files that exist', (file) => {
    const links = [...readFileSync(file, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((match) =>
      join(dirname(file), match[1]!),
    );
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });

  it('names commands that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const named = [
      ...`${text}${readFileSync('CONTRIBUTING.md', 'utf8')}`.matchAll(/npm (?:run )?(test|(?<=run )[\w:-]+)/g),
    ].map((match) => match[1]!);
    expect(named.length).toBeGreaterThan(3);
    expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([]);
  });
});
