// Every TypeScript block of these pages compiles against the sources.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Fence, createApp, fencesOf } from '../../../e2e/adapters/app';

const PAGES = [
  'leaflet.md',
  'maplibre.md',
  'openlayers.md',
  'tile-age.md',
  'kiosk.md',
  'react.md',
  'prefetch.md',
  'placeholders.md',
  'recipes/vite-plugin-pwa.md',
  'recipes/workbox.md',
  'recipes/move-in.md',
  'recipes/other-libraries.md',
];
/** The declarations that a reader has at that point. */
const PRELUDE: Record<string, string> = {
  'tile-age.md': `import type { TileCacheClient } from 'sw-tile-cache';
    import type { Binding } from 'sw-tile-cache/leaflet';
    declare const client: TileCacheClient;
    declare const binding: Binding;`,
  'prefetch.md': `import type * as L from 'leaflet';
    import type { TileCacheClient } from 'sw-tile-cache';
    declare const client: TileCacheClient;
    declare const layer: L.TileLayer;
    declare const map: L.Map;`,
};

/** Drops repeated imports: each block has its own. */
function importOnce(text: string): string {
  const known = new Set<string>();
  return text.replace(/^import \{ (.+) \} from ('.+');$/gm, (_, names: string, from: string) => {
    const fresh = names.split(', ').filter((name) => !known.has(`${name} ${from}`));
    for (const name of fresh) known.add(`${name} ${from}`);
    return fresh.length > 0 ? `import { ${fresh.join(', ')} } from ${from};` : '';
  });
}

const isWorker = ({ file }: Fence) => file?.includes('sw') ?? false;
const worlds = { page: {} as Record<string, string>, worker: {} as Record<string, string> };
for (const page of PAGES) {
  const fences = fencesOf(page).filter(({ language }) => language === 'ts');
  const name = page.replace(/\W/g, '-');
  for (const [i, fence] of fences.entries())
    if (isWorker(fence) || fence.file === 'vite.config.ts')
      worlds[isWorker(fence) ? 'worker' : 'page'][`${name}-${i}.ts`] = fence.code;
  // A block without a name continues the last one.
  const text = fences
    .filter((fence) => !isWorker(fence) && fence.file !== 'vite.config.ts')
    .map(({ code }) => code)
    .join('\n');
  for (const { file, code } of fencesOf(page)) if (file?.endsWith('.tsx')) worlds.page[`${name}-${file}`] = code;
  if (text) worlds.page[`${name}.ts`] = `${PRELUDE[page] ?? ''}\n${importOnce(text)}\nexport {};`;
}

const app = createApp({
  // The types of vite/client.
  'assets.d.ts': "declare module '*.css';\ndeclare module '*?url' { const url: string; export default url; }",
});
afterAll(() => app.remove());

function compile(files: Record<string, string>, lib: string[]): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(app.dir, name), text);
  const compilerOptions = {
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'Bundler',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    preserveSymlinks: true,
    allowImportingTsExtensions: true,
    types: [],
    jsx: 'react-jsx',
    lib,
  };
  const config = join(app.dir, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ['assets.d.ts', ...Object.keys(files)] }));
  try {
    return execFileSync(process.execPath, ['node_modules/typescript-native/bin/tsc', '-p', config], {
      encoding: 'utf8',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe('docs', () => {
  it('for the page compile', { timeout: 300_000 }, () => {
    expect(Object.keys(worlds.page).length).toBeGreaterThan(4);
    expect(compile(worlds.page, ['ES2022', 'DOM', 'DOM.Iterable'])).toBe('');
  });
  it('for the worker compile', { timeout: 300_000 }, () => {
    expect(Object.keys(worlds.worker).length).toBeGreaterThan(3);
    expect(compile(worlds.worker, ['ES2022', 'WebWorker', 'WebWorker.Iterable'])).toBe('');
  });
});
