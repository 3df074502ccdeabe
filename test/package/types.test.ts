// The declarations as users' compilers read them: the oldest TypeScript that docs/ name; worlds.test.ts has the newest.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';

mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync('.cache/types-');
afterAll(() => rmSync(folder, { recursive: true }));

const PAGE = ['ES2022', 'DOM', 'DOM.Iterable'];
const WORKER = ['ES2022', 'WebWorker', 'WebWorker.Iterable'];
let made = 0;

/** The errors that a compiler finds in the files, with the declarations themselves checked (`skipLibCheck: false`). */
function compile(compiler: string, files: Record<string, string>, options: object): string {
  const home = join(folder, String(++made));
  mkdirSync(home);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
  const compilerOptions = {
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'bundler',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: [],
    ...options,
  };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  try {
    execFileSync(process.execPath, [`node_modules/${compiler}/bin/tsc`, '-p', home], { encoding: 'utf8' });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

const entries: Record<string, { file: string; lib: string[]; types?: string[] }> = {
  'page, badge and adapters': {
    lib: PAGE,
    types: ['geojson'],
    file: `
      import { createTileCacheClient, type TileCacheClient, type ClientStatus } from 'sw-tile-cache';
      import { bindTileLayer } from 'sw-tile-cache/leaflet';
      import { bindSource, versionedRequests } from 'sw-tile-cache/maplibre';
      import { bindLayer } from 'sw-tile-cache/openlayers';
      import { describeScreen, wordsFor, type TileAgeElement } from 'sw-tile-cache/tile-age';
      export const all = [bindTileLayer, bindSource, versionedRequests, bindLayer, describeScreen, wordsFor];
      export const client: Promise<TileCacheClient> = createTileCacheClient({ serviceWorker: '/sw.js' });
      export const summary = (status: ClientStatus) => status.summary?.state;
      export const badge: TileAgeElement | null = document.querySelector('tile-age');`,
  },
  worker: {
    lib: WORKER,
    file: `
      import { createTileCache, presets } from 'sw-tile-cache/sw';
      import { createPlaceholders } from 'sw-tile-cache/sw/placeholders';
      import { pmtiles } from 'sw-tile-cache/sw/pmtiles';
      createTileCache({
        layers: { roads: { ...presets.vector }, rivers: { archive: '/rivers.pmtiles' } },
        placeholders: createPlaceholders({ layers: ['roads'] }),
        archives: pmtiles(),
      }).register();`,
  },
  'origin companion': {
    lib: ['ES2022'],
    types: ['node'],
    file: `import * as server from 'sw-tile-cache/server'; export const names = Object.keys(server);`,
  },
};

// A compiler on a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000 });

describe('the declarations, read by TypeScript 5.5', () => {
  it.each(Object.entries(entries))('%s', (_, { file, lib, types = [] }) => {
    const errors = compile('typescript-5.5', { 'case.ts': file }, { lib, types }).split('\n');
    // Errors in the map libraries' own declarations do not count.
    expect(errors.filter((line) => line && !/node_modules|^\s/.test(line))).toEqual([]);
  });
});

describe('<tile-age> in JSX', () => {
  const body = `
    export const badge = <tile-age layer="roads" threshold={3600} show-current text-old="old: {age}" />;
    // @ts-expect-error
    export const mistyped = <tile-age thresold={3600} />;`;
  const react = `
    import type { TileAgeAttributes } from 'sw-tile-cache/tile-age';
    declare module 'react' { namespace JSX { interface IntrinsicElements { 'tile-age': TileAgeAttributes } } }`;

  it('the global namespace, in the oldest TypeScript', () => {
    const file = `import 'sw-tile-cache/tile-age';${body}`;
    expect(compile('typescript-5.5', { 'case.tsx': file }, { lib: PAGE, jsx: 'preserve' })).toBe('');
  });
  it('React, by the lines of docs/tile-age.md and with the hook, in the newest', () => {
    const hook = `
      import { TileCacheProvider, useTileCache, type TileCacheState } from 'sw-tile-cache/react';
      const Age = () => <p>{useTileCache().age} {useTileCache({ serviceWorker: '/sw.js' }).versions['roads']}</p>;
      export const page = <TileCacheProvider options={{ versions: { url: '/v' }, ageInterval: 5 }}><Age /></TileCacheProvider>;
      // @ts-expect-error a client cannot be had before it is there
      export const close = (state: TileCacheState) => state.client.close();
      // @ts-expect-error no such option
      export const wrong = <TileCacheProvider options={{ worker: '/sw.js' }} />;`;
    const files = { 'case.tsx': react + body, 'hook.tsx': hook };
    expect(compile('typescript', files, { lib: PAGE, jsx: 'react-jsx' })).toBe('');
  });
});
