import { existsSync, readFileSync } from 'node:fs';
import { defineConfig, type UserConfig } from 'vite';
import { cli, entriesOf, readyPage, readyWorker, removeWorker } from './scripts/entries.mjs';
import { terse } from './scripts/terse.mjs';

const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
  'dependencies' | 'peerDependencies',
  Record<string, string>
>;
const installed = Object.keys({ ...dependencies, ...peerDependencies });
// Workbox asks for `process.env.NODE_ENV`, which no worker has and not every bundler replaces: it is built in, answered.
const outside = installed.filter((name) => !name.startsWith('workbox-'));
const external = [/^node:/, ...outside.map((name) => new RegExp(`^${name}(/|$)`))];

/** The entry points of a world as ES modules; what users install beside them stays outside. */
function library(world: string, development: boolean): UserConfig {
  const entry = [...entriesOf(world), ...(world === 'server' && existsSync(cli.source) ? [cli] : [])];
  return {
    plugins: world === 'server' || development ? [] : [terse()],
    // Workbox's own development messages show whole URLs, and with them their keys: never.
    ...(world === 'sw' && { define: { 'process.env.NODE_ENV': '"production"' } }),
    build: {
      target: 'es2022',
      outDir: development ? 'dist/dev' : 'dist',
      sourcemap: !development,
      minify: false,
      emptyOutDir: false,
      lib: { entry: Object.fromEntries(entry.map(({ source, out }) => [out, source])), formats: ['es'] },
      rolldownOptions: {
        external,
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
          // A bundler does not keep directives; frameworks with server components look for this one.
          banner: ({ name }) => (name === 'react' ? "'use client';" : ''),
        },
      },
    },
  };
}

/** A ready-made worker: everything in one classic script, so that it registers without `type: 'module'`. */
const worker = ({ source, out }: typeof readyWorker): UserConfig => ({
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    target: 'es2022',
    sourcemap: true,
    minify: true,
    emptyOutDir: false,
    lib: { entry: source, formats: ['iife'], name: 'swTileCache', fileName: () => `${out}.js` },
  },
});

/** The page's side for pages without a bundler: one module, with the dependencies in it. */
const page: UserConfig = {
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    target: 'es2022',
    sourcemap: true,
    minify: true,
    emptyOutDir: false,
    modulePreload: false,
    lib: { entry: readyPage.source, formats: ['es'], fileName: () => `${readyPage.out}.js` },
    rolldownOptions: { output: { codeSplitting: false } },
  },
};

export default defineConfig(({ mode }) => {
  const [world, stage] = mode.split(':') as [string, string?];
  if (world === 'page') return page;
  if (world === 'worker') return worker(readyWorker);
  if (world === 'remove-worker') return worker(removeWorker);
  return library(world, stage === 'development');
});
