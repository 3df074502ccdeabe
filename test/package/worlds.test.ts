import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync('.cache/worlds-');
afterAll(() => rmSync(folder, { recursive: true }));

/** Compiles a file as part of a world, with that world's own tsconfig, and returns the compiler's errors. */
function compile(name: string, config: object, source: string): string {
  const home = join(folder, name);
  mkdirSync(home);
  writeFileSync(join(home, 'case.ts'), source);
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ ...config, include: [], files: ['case.ts'] }));
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', home], { encoding: 'utf8' });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

const world = (name: string) => ({ extends: `../../../${name}/tsconfig.json` });

describe('one world per tsconfig', () => {
  it('a DOM type does not compile in the worker', () => {
    expect(compile('dom-in-sw', world('sw'), 'export const element: HTMLElement | undefined = undefined;')).toContain(
      "'HTMLElement'",
    );
  });
  it('a worker type does not compile in the page', () => {
    expect(
      compile('worker-in-src', world('src'), 'export const scope: ServiceWorkerGlobalScope | undefined = undefined;'),
    ).toContain("'ServiceWorkerGlobalScope'");
  });
  it('a browser type does not compile in the origin companion', () => {
    expect(compile('dom-in-server', world('server'), 'export const scope = window;')).toContain("'window'");
  });
  it('code of the right world compiles', () => {
    expect(
      compile('sw-in-sw', world('sw'), 'export const scope: ServiceWorkerGlobalScope | undefined = undefined;'),
    ).toBe('');
  });
});

describe('the published declarations', () => {
  const consumer = (lib: string[]) => ({
    compilerOptions: {
      target: 'ES2022',
      module: 'NodeNext',
      moduleResolution: 'NodeNext',
      strict: true,
      noEmit: true,
      types: [],
      lib,
      skipLibCheck: false,
    },
  });
  const page = consumer(['ES2022', 'DOM', 'DOM.Iterable']);
  const worker = consumer(['ES2022', 'WebWorker', 'WebWorker.Iterable']);

  it('serve a page', () => {
    expect(
      compile(
        'page',
        page,
        `import { createTileCacheClient, type TileCacheClient } from 'sw-tile-cache';
      export const client: Promise<TileCacheClient> = createTileCacheClient({ serviceWorker: '/sw.js' });`,
      ),
    ).toBe('');
  });
  it('serve a worker', () => {
    expect(
      compile(
        'worker',
        worker,
        `import { createTileCache, presets } from 'sw-tile-cache/sw';
      createTileCache({ layers: { roads: { ...presets.vector } } }).register();`,
      ),
    ).toBe('');
  });
  it("keep the page's functions out of the worker's entry", () => {
    expect(
      compile(
        'page-from-sw',
        page,
        `import { createTileCacheClient } from 'sw-tile-cache/sw'; export { createTileCacheClient };`,
      ),
    ).toContain('createTileCacheClient');
  });
  it("keep the worker's functions out of the page's entry", () => {
    expect(
      compile('sw-from-page', worker, `import { createTileCache } from 'sw-tile-cache'; export { createTileCache };`),
    ).toContain('createTileCache');
  });
  it('do not expose internals', () => {
    expect(compile('internal', page, `import { x } from 'sw-tile-cache/dist/index.js'; export { x };`)).toContain(
      'Cannot find module',
    );
  });
});
