// Builds the code of docs/ unchanged, and runs it in a browser.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { bundle } from '../server/bundle';
import { type App, copyWorker, installApp, filesOf, serveApp } from './app';
import { census, record } from './film';
import { expect, look, test as base } from './map-page';

const test = base.extend<{ app: (files: Record<string, string>) => Promise<App> }>({
  app: async ({ origin }, use) => {
    const apps: App[] = [];
    await use(async (files) => {
      const app = installApp(files);
      apps.push(app);
      if (!files['vite.config.ts']) copyWorker(app);
      await serveApp(app, origin);
      return app;
    });
    for (const app of apps) app.remove();
  },
});
test.describe.configure({ timeout: 180_000 });

/** Points away from controls, badge and legend. */
const MIDDLE = [150, 350, 550, 750, 900].flatMap((x) => [150, 300, 450, 600].map((y) => [x, y] as const));
const controlled = (page: Page) => page.waitForFunction(() => navigator.serviceWorker.controller !== null);
const shows = (page: Page, what: 'old' | 'new') =>
  expect.poll(async () => (await look(page, MIDDLE))[what], { timeout: 60_000 }).toBe(MIDDLE.length);

for (const name of ['leaflet', 'maplibre', 'openlayers'])
  test(`docs/${name}.md, from nothing to working`, async ({ page, origin, app }) => {
    const files = filesOf(`${name}.md`);
    expect(Object.keys(files)).toEqual(['index.html', 'main.ts']);
    await app(files);
    origin.serve('/api/tile-version', '{"version":"1"}', 'application/json');
    await page.goto(`${origin.url}/`);
    await controlled(page);
    await page.reload();
    await shows(page, 'old');
    // Wait for the first check: the first version that a page learns does not count as a change.
    await expect(page.locator('tile-age [part=checked]')).toHaveText(/Last checked/);
    await expect(page.locator('tile-age')).toHaveAttribute('state', /.+/);
    origin.version = 2;
    origin.serve('/api/tile-version', '{"version":"2"}', 'application/json');
    const film = await record(page);
    // The client does not repeat a check that was made a moment ago.
    const asked = page.waitForRequest('**/api/tile-version');
    const again = setInterval(() => void page.evaluate(() => dispatchEvent(new Event('online'))).catch(() => {}), 500);
    await asked.finally(() => clearInterval(again));
    await shows(page, 'new');
    const seen = (await film.stop()).map((frame) => census(frame, MIDDLE));
    expect(seen.every((frame) => frame.blank === 0)).toBe(true);
  });

test('docs/react.md: a component shows the version, and a publication reaches the map in one frame', async ({
  page,
  context,
  origin,
  app,
}) => {
  const files = filesOf('react.md');
  expect(Object.keys(files)).toEqual(['index.html', 'main.tsx']);
  await app({ ...files, 'tsconfig.json': '{"compilerOptions":{"jsx":"react-jsx"}}' });
  origin.serve('/api/tile-version', '{"version":"1"}', 'application/json');
  const wrong: string[] = [];
  page.on('pageerror', ({ message }) => wrong.push(message));
  await page.goto(`${origin.url}/`);
  await controlled(page);
  await page.reload();
  await shows(page, 'old');
  const said = page.locator('output');
  await expect(said).toHaveText('Version 1');
  origin.version = 2;
  origin.serve('/api/tile-version', '{"version":"2"}', 'application/json');
  const film = await record(page);
  const again = setInterval(() => void page.evaluate(() => dispatchEvent(new Event('online'))).catch(() => {}), 500);
  await shows(page, 'new').finally(() => clearInterval(again));
  const seen = (await film.stop()).map((frame) => census(frame, MIDDLE));
  expect(seen.filter((frame) => frame.blank || (frame.old && frame.new))).toEqual([]);
  await expect(said).toContainText('Version 2');
  await context.setOffline(true);
  await expect(said).toContainText('offline');
  await context.setOffline(false);
  expect(wrong).toEqual([]);
});

test('docs/recipes/plain-html.md, without a bundler', async ({ page, origin }) => {
  const html = filesOf('recipes/plain-html.md')['public/index.html']!;
  const { dir, remove } = installApp({});
  const serve = (url: string, path: string, type: string) =>
    origin.serve(url, readFileSync(join(dir, 'node_modules', path), 'utf8'), type);
  origin.serve('/', html);
  serve('/sw.js', 'sw-tile-cache/dist/worker.js', 'text/javascript');
  serve('/client.js', 'sw-tile-cache/dist/client.js', 'text/javascript');
  serve('/leaflet.js', 'leaflet/dist/leaflet.js', 'text/javascript');
  serve('/leaflet.css', 'leaflet/dist/leaflet.css', 'text/css');
  remove();
  origin.serve('/api/tile-version', '{"version":"1"}', 'application/json');
  await page.goto(`${origin.url}/`);
  await controlled(page);
  await page.reload();
  await shows(page, 'old');
  await expect(page.locator('tile-age')).toHaveAttribute('state', 'current');
  origin.version = 2;
  origin.serve('/api/tile-version', '{"version":"2"}', 'application/json');
  const again = setInterval(() => void page.evaluate(() => dispatchEvent(new Event('online'))).catch(() => {}), 500);
  await shows(page, 'new').finally(() => clearInterval(again));
});

test('docs/recipes/workbox.md compiles in a project of Vite’s template', ({}) => {
  const files = Object.fromEntries(
    Object.entries(filesOf('recipes/workbox.md')).map(([name, text]) => [`src/${name}`, text]),
  );
  expect(Object.keys(files)).toEqual(['src/sw.ts', 'src/sw-cleanup.ts']);
  const compilerOptions = {
    target: 'ES2023',
    useDefineForClassFields: true,
    module: 'ESNext',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    types: ['vite/client'],
    skipLibCheck: true,
    moduleResolution: 'bundler',
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    moduleDetection: 'force',
    noEmit: true,
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    erasableSyntaxOnly: true,
    noFallthroughCasesInSwitch: true,
    noUncheckedSideEffectImports: true,
  };
  const { dir, remove } = installApp({
    ...files,
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['src'] }),
  });
  const { stdout } = spawnSync(process.execPath, [join(dir, 'node_modules/typescript/bin/tsc'), '-p', dir], {
    encoding: 'utf8',
  });
  remove();
  expect(stdout).toBe('');
});

const tile = (page: Page) =>
  page.evaluate(async () => {
    const response = await fetch('/tiles/roads/1/0/0.png');
    await response.arrayBuffer();
    return response.headers.get('cache-status');
  });

test('docs/recipes/vite-plugin-pwa.md', async ({ page, context, origin, app }) => {
  const html =
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Roads</title></head><body><script type="module" src="/src/main.ts"></script></body></html>';
  await app({ ...filesOf('recipes/vite-plugin-pwa.md'), 'index.html': html });
  origin.serve('/api/tile-version', '{"version":"1"}', 'application/json');
  await page.goto(`${origin.url}/`);
  await controlled(page);
  await page.reload();
  await expect(page).toHaveTitle('Roads (active)');
  await tile(page);
  await expect.poll(() => tile(page)).toContain('hit');
  await context.setOffline(true);
  await page.reload();
  await expect(page).toHaveTitle(/Roads/);
  expect(await tile(page)).toContain('hit');
  await context.setOffline(false);
});

test('docs/recipes/workbox.md', async ({ page, origin }) => {
  const worker = filesOf('recipes/workbox.md')['sw.ts']!;
  // Insert the manifest that a build would insert.
  const built = `self.__WB_MANIFEST = [{ url: '/shell.html', revision: '1' }];\n${await bundle(worker.replace(/^declare const.*$/m, ''))}`;
  origin.serve('/shell.html', '<!doctype html><title>shell</title>');
  origin.serve('/sw.js', built, 'text/javascript');
  origin.serve('/', '<!doctype html><title>page</title>');
  await page.goto(`${origin.url}/`);
  await page.evaluate(() => navigator.serviceWorker.register('/sw.js'));
  await controlled(page);
  await tile(page);
  await expect.poll(() => tile(page)).toContain('hit');
  const names = await page.evaluate(() => caches.keys());
  expect(names.some((cache) => cache.startsWith('tile-cache-v1:'))).toBe(true);
  expect(names.some((cache) => cache.includes('precache'))).toBe(true);
  expect(await page.evaluate(() => fetch('/shell.html').then((response) => response.text()))).toContain('shell');
});
