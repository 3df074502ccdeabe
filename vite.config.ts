import { existsSync, readFileSync } from 'node:fs';
import { defineConfig, type UserConfig } from 'vite';
import { cli, entries, readyWorker } from './scripts/entries.mjs';

const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
  'dependencies' | 'peerDependencies',
  Record<string, string>
>;
const external = [
  /^node:/,
  ...Object.keys({ ...dependencies, ...peerDependencies }).map((name) => new RegExp(`^${name}(/|$)`)),
];

/** The entry points as ES modules; what users install beside them stays outside. */
const library: UserConfig = {
  build: {
    target: 'es2022',
    sourcemap: true,
    minify: false,
    emptyOutDir: true,
    lib: {
      entry: Object.fromEntries(
        [...Object.values(entries), ...(existsSync(cli.source) ? [cli] : [])].map(({ source, out }) => [out, source]),
      ),
      formats: ['es'],
    },
    rolldownOptions: {
      external,
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
};

/** The ready-made worker: everything in one classic script, so that it registers without `type: 'module'`. */
const worker: UserConfig = {
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    target: 'es2022',
    sourcemap: true,
    minify: true,
    emptyOutDir: false,
    lib: { entry: readyWorker.source, formats: ['iife'], name: 'swTileCache', fileName: () => `${readyWorker.out}.js` },
  },
};

export default defineConfig(({ mode }) => (mode === 'worker' ? worker : library));
