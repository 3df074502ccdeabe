import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAst } from 'vite';
import { sentences } from '../../scripts/terse.mjs';

const replaced = (code: string) =>
  sentences(parseAst(code)).reduce((text, [start, end, by]) => text.slice(0, start) + by + text.slice(end), code);

/** The built files of one stage, comments left out. */
const built = (folder: string) =>
  [folder, `${folder}/chunks`]
    .filter((name) => existsSync(name))
    .flatMap((name) => readdirSync(name).map((file) => `${name}/${file}`))
    .filter((file) => /\/(sw|index|leaflet|maplibre|openlayers)[\w-]*\.js$|\/chunks\/.*\.js$/.test(file));
const text = (file: string) => readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');

describe('sentences of errors', () => {
  it.each([
    ["refuse(CODE, field, 'a number')", 'refuse(CODE, field, void 0)'],
    ['refuse(CODE, field, words.join())', 'refuse(CODE, field, words.join())'],
    ['fail(`unknown ${found}`, meantBy(name))', 'fail(void 0, void 0)'],
    ["rule(isName, 'a name')", 'rule(isName, void 0)'],
    ["failure('TIMEOUT', `No ack of ${type}.`, 'Wait.', cause)", "failure('TIMEOUT', void 0, void 0, cause)"],
    [
      "new TileCacheError({ code, field, message: 'm', remedy })",
      'new TileCacheError({ code, field, ...null, ...null })',
    ],
    ['new TileCacheError(data.error)', 'new TileCacheError(data.error)'],
    ["other(CODE, field, 'a number')", "other(CODE, field, 'a number')"],
  ])('%s becomes %s', (before, after) => {
    expect(replaced(before)).toBe(after);
  });

  it('are in the development build, and not in the production build of worker and page', () => {
    expect(text('dist/dev/sw.js') + built('dist/dev').map(text).join('')).toContain('must be ${must}');
    const files = ['dist/sw.js', 'dist/index.js'].flatMap((file) => [file, ...imported(file)]);
    for (const file of new Set(files)) {
      expect(text(file), file).not.toMatch(/must be |Correct \$|Check versions|Use plain data|is unknown`/);
    }
  });

  it('are removed together with the narration of tiles', () => {
    expect(text('dist/dev/sw.js')).toContain('groupCollapsed');
    expect(text('dist/sw.js')).not.toContain('groupCollapsed');
  });
});

/** What a built file imports, statically or on demand. */
function imported(file: string): string[] {
  return [...text(file).matchAll(/(?:from|import\()\s*["']\.\/(chunks\/[^"']+)["']/g)].map(
    ([, name]) => `dist/${name}`,
  );
}
