import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { aliases } from './aliases.mjs';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The demo imports the package by its name, as its users do. */
export default defineConfig(({ mode }) => ({
  root: here('.'),
  publicDir: false,
  resolve: { alias: aliases },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 2000,
    // Build the pages, or with `--mode worker` the worker. The worker is one file at the root, because its path determines
    // its scope.
    rollupOptions:
      mode === 'worker'
        ? { input: here('worker/sw.ts'), output: { format: 'iife', entryFileNames: 'sw.js' } }
        : { input: ['index', 'leaflet', 'openlayers', 'regions', 'kiosk'].map((page) => here(`${page}.html`)) },
  },
}));
