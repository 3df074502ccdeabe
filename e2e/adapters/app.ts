import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as viteBuild } from 'vite';
import build from '../../test/package/build';
import type { MapOrigin } from './origin';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** An app as a user would write it, in a folder of its own, with this package in its node_modules. */
export interface App {
  dir: string;
  remove(): void;
}

let tarball: string | undefined;

/** Builds the package and packs it with `npm pack`. Does so only once. */
function packed(): string {
  if (tarball) return tarball;
  const dir = mkdtempSync(join(tmpdir(), 'sw-tile-cache-pack-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  build();
  const out = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', dir], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  return (tarball = join(dir, (JSON.parse(out) as Array<{ filename: string }>)[0]!.filename));
}

/** Creates an app from these files. `sw-tile-cache` resolves to the sources, as if it were installed. */
export function createApp(files: Record<string, string>): App {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const dir = mkdtempSync(join(root, '.cache/app-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  const page = ['leaflet', 'maplibre', 'openlayers', 'tile-age', 'kiosk', 'react', 'prefetch'].map((name) => [
    `./${name}`,
    `./src/${name}.ts`,
  ]);
  const exports = {
    '.': './src/index.ts',
    './sw': './sw/index.ts',
    './sw/placeholders': './sw/placeholders.ts',
    './sw/move-in': './sw/move-in.ts',
    './sw/regions': './sw/regions.ts',
    ...Object.fromEntries(page),
  };
  const home = 'node_modules/sw-tile-cache';
  write(`${home}/package.json`, JSON.stringify({ name: 'sw-tile-cache', type: 'module', exports }));
  for (const world of ['src', 'sw']) symlinkSync(join(root, world), join(dir, home, world));
  write('package.json', '{"type":"module"}');
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Creates an app from these files in a new folder outside of the repository, with the packed package installed. */
export function installApp(files: Record<string, string>): App {
  const dir = mkdtempSync(join(tmpdir(), 'sw-tile-cache-app-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  const home = join(dir, 'node_modules/sw-tile-cache');
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', packed(), '-C', home, '--strip-components=1']);
  // Link the other packages, so that the app uses the versions that the repository is tested with.
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== 'sw-tile-cache')
      symlinkSync(join(root, 'node_modules', name), join(dir, 'node_modules', name));
  write('package.json', '{"type":"module","private":true}');
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Copies the ready-made worker to the place that the quick starts name. */
export function copyWorker({ dir }: App): void {
  mkdirSync(join(dir, 'public'), { recursive: true });
  copyFileSync(join(dir, 'node_modules/sw-tile-cache/dist/worker.js'), join(dir, 'public/sw.js'));
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.webmanifest': 'application/manifest+json',
};

/** Builds the app with Vite, and serves the result. */
export async function serveApp({ dir }: App, origin: MapOrigin): Promise<void> {
  const own = readdirSync(dir).includes('vite.config.ts');
  await viteBuild({
    root: dir,
    configFile: own ? join(dir, 'vite.config.ts') : false,
    logLevel: 'error',
    build: { target: 'es2022', minify: false },
  });
  serveBuilt(join(dir, 'dist'), origin);
}

/**
 * Copies an example out of the repository, installs its packages, and builds it with its own script. Returns its
 * folder.
 */
export function buildExample(name: string, files: Record<string, string> = {}): App {
  const home = join(root, 'examples', name);
  const own = readdirSync(home, { recursive: true, withFileTypes: true }).filter(
    (path) => path.isFile() && !/[\\/](node_modules|dist)[\\/]/.test(join(path.parentPath, path.name)),
  );
  const read = ({ parentPath, name }: { parentPath: string; name: string }) => {
    const file = join(parentPath, name);
    return [file.slice(home.length + 1), readFileSync(file, 'utf8')];
  };
  const app = installApp({ ...Object.fromEntries(own.map(read)), ...files });
  const { NODE_ENV: _, ...env } = process.env;
  execFileSync('npm', ['run', 'build'], {
    cwd: app.dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, PATH: `${join(root, 'node_modules/.bin')}:${env.PATH ?? ''}` },
  });
  return app;
}

/** Serves every file of a folder, with index.html as the root. */
export function serveBuilt(folder: string, origin: MapOrigin): void {
  for (const path of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!path.isFile()) continue;
    const file = join(path.parentPath, path.name);
    const url = file.slice(folder.length);
    origin.serve(url, readFileSync(file, 'utf8'), types[extname(file)] ?? 'application/octet-stream');
    if (url === '/index.html') origin.serve('/', readFileSync(file, 'utf8'));
  }
}

/** A block of code in a page of the documentation. */
export interface Fence {
  language: string;
  /** The file that the block's first line names. */
  file: string | undefined;
  code: string;
}

/** Returns the blocks of code of a page under docs/. */
export function fencesOf(page: string): Fence[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language, code]) => ({
    language: language!,
    file: /^(?:\/\/|<!--) ([\w./-]+\.(?:tsx?|html))/.exec(code!)?.[1],
    code: code!,
  }));
}

/** Returns the files that a page of the documentation tells users to write. */
export const filesOf = (page: string): Record<string, string> =>
  Object.fromEntries(fencesOf(page).flatMap(({ file, code }) => (file ? [[file, code]] : [])));
