import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addExtensions } from '../../scripts/types.mjs';
import { entries, packageAlias, packageExports } from '../../scripts/entries.mjs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

describe('exports of package.json', () => {
  it('match the map of entry points (npm run exports writes them)', () => {
    expect(manifest.exports).toEqual(packageExports());
    expect(manifest.alias).toEqual(packageAlias());
  });

  it('name the types first', () => {
    for (const target of Object.values(manifest.exports)) {
      if (typeof target === 'object') expect(Object.keys(target as object)[0]).toBe('types');
    }
  });

  it.each(['dist/react.js', 'dist/dev/react.js'])('%s is client code to frameworks with server components', (file) => {
    expect(readFileSync(file, 'utf8')).toMatch(/^['"]use client['"];/);
    expect(readFileSync(file.replace('react', 'index'), 'utf8')).not.toContain('use client');
  });

  it.each(Object.entries(entries))(
    '%s has a built file that exports something, and its declarations',
    (name, { out }) => {
      const source = readFileSync(`dist/${out}.js`, 'utf8');
      expect(source).toMatch(/^export /m);
      expect(existsSync(`dist/${out}.js.map`)).toBe(true);
      expect(existsSync(manifest.exports[name].types)).toBe(true);
      const { development } = manifest.exports[name];
      if (development) expect(readFileSync(development, 'utf8')).toMatch(/^export /m);
    },
  );
});

describe('relative specifiers in declarations', () => {
  const exists = (file: string) => file === 'dist/types/src/shared/errors.d.ts';
  it.each([
    [`import type { A } from './shared/errors';`, `import type { A } from './shared/errors.js';`],
    [`export * from "./shared/errors";`, `export * from "./shared/errors.js";`],
    [`type A = import('./shared/errors').A;`, `type A = import('./shared/errors.js').A;`],
    [`import './shared';`, `import './shared/index.js';`],
    [`import { openDB } from 'idb';`, `import { openDB } from 'idb';`],
    [`export { a } from './a.js';`, `export { a } from './a.js';`],
  ])('%s', (before, after) => {
    expect(addExtensions(before, 'dist/types/src/index.d.ts', exists)).toBe(after);
  });
});
